/** One request and its answer, over a small pool of connections: to fill, and to check samples. */
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:http';
import type { System, Work } from './system.js';
import { workOf } from './system.js';
import { GENERATORS, KEYS_A_GENERATOR, keyOf, valueFor } from './keys.js';

const FILL_CONCURRENCY = 96;
const agent = new Agent({ keepAlive: true, maxSockets: FILL_CONCURRENCY });

export interface Answer {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export function ask(endpoint: string, work: Work, key: string, value: string): Promise<Answer> {
  const { method, path, body } = work.request(key, value);
  const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const options = { agent, method, headers: { ...work.headers, ...length } };
    const sent = request(`${endpoint}${path}`, options, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, rawHeaders } = response;
        resolve({ status, rawHeaders, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Puts every key, so that every get finds one. @throws Error where one is refused */
export async function fill(system: System, stamp: string): Promise<void> {
  if (system.keeps === undefined) return;
  const put = workOf(system, system.keeps.put);
  const todo: string[] = [];
  for (let generator = 0; generator < GENERATORS; generator += 1) {
    for (let i = 0; i < KEYS_A_GENERATOR; i += 1) todo.push(keyOf(generator, i));
  }
  const work = async (worker: number): Promise<void> => {
    const endpoint = system.endpoints[worker % system.endpoints.length] ?? '';
    for (let key = todo.pop(); key !== undefined; key = todo.pop()) {
      const { status, body } = await ask(endpoint, put, key, valueFor(key, stamp));
      if (status !== 200) throw new Error(`${system.name} answers a put with ${status}: ${body}`);
    }
  };
  await Promise.all(Array.from({ length: FILL_CONCURRENCY }, (_, worker) => work(worker)));
}

/** Lets go of the connections. */
export function hangUp(): void {
  agent.destroy();
}
