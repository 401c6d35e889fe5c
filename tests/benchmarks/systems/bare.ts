/** Bare `node:http` that answers the same bytes as Quorate: what the work costs without a store. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ask } from '../ask.js';
import { keyOf, valueFor } from '../keys.js';
import type { System, Work } from '../system.js';
import { workOf } from '../system.js';
import { cleanEnvironment, firstOutput, stop } from './process.js';

interface BareAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface BareAnswers {
  readonly get: BareAnswer;
  readonly put: BareAnswer;
}

const SERVER = fileURLToPath(new URL('./bare-server.js', import.meta.url));
/** node:http adds its own. */
const ADDED = new Set(['date', 'connection', 'keep-alive']);

/** @param like whose requests it takes, and whose answers it gives; filled already */
export async function startBare(like: System): Promise<System> {
  const get = workOf(like, 'get one');
  const put = workOf(like, 'put quorum');
  const child = spawn(process.execPath, [SERVER], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: cleanEnvironment(),
  });
  child.send({ get: await answerOf(like, get), put: await answerOf(like, put) });
  const port = (await firstOutput(child, (text) => text.endsWith('\n'))).trim();
  const nothingKept = (work: Work): Work => ({ ...work, valueIn: undefined });
  return {
    name: 'bare node:http',
    version: process.version,
    synced: 'nothing',
    endpoints: [`http://127.0.0.1:${port}`],
    pids: child.pid === undefined ? [] : [child.pid],
    works: new Map([
      ['get', nothingKept(get)],
      ['put', nothingKept(put)],
    ]),
    keeps: undefined,
    stop: () => stop(child),
  };
}

async function answerOf(like: System, work: Work): Promise<BareAnswer> {
  const key = keyOf(0, 0);
  const { status, rawHeaders, body } = await ask(
    like.endpoints[0] ?? '',
    work,
    key,
    valueFor(key, 'bare'),
  );
  if (status !== 200) throw new Error(`${like.name} answers ${status}: ${body}`);
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (!ADDED.has(name.toLowerCase())) headers[name] = rawHeaders[i + 1] ?? '';
  }
  return { headers, body };
}
