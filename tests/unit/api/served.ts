/** The API behind the real listener, over a fake node, and requests byte by byte. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { createApi } from '../../../lib/api/api.js';
import { isHealthPath } from '../../../lib/api/admin/health-routes.js';
import type { ApiNode } from '../../../lib/api/api-node.js';
import type { ApiLimits } from '../../../lib/api/api-world.js';
import { problemBody } from '../../../lib/api/http/problem.js';
import type { Clock } from '../../../lib/environment/clock.js';
import { OperatingError } from '../../../lib/errors.js';
import { type HttpListener, listenHttp } from '../../../lib/platform/http-listener.js';
import { TokenBucketRates } from '../../../lib/platform/client-rates.js';
import { TurnQueue } from '../../../lib/platform/turn-queue.js';
import type { OpenApiDocument } from '../../../lib/api/admin/openapi.js';
import { undescribed } from './described.js';
import { FakeNode } from './fake-node.js';

export const LIMITS: ApiLimits = {
  valueBytesMax: 1024 * 1024,
  contextBytesMax: 8192,
  timeoutMaxMilliseconds: 60_000,
  timeoutDefaultMilliseconds: 5000,
  batchBytesMax: 8 * 1024 * 1024,
  requestsInFlightMax: 64,
  requestBytesInFlightMax: 8 * 1024 * 1024,
  answerBytesInFlightMax: 32 * 1024 * 1024,
  controlInFlightMax: 8,
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** Undefined where the body is not JSON. */
  readonly json: Record<string, unknown> | undefined;
}

export interface Sent {
  readonly headers?: OutgoingHttpHeaders | readonly string[];
  readonly body?: string | Uint8Array;
}

export interface Served {
  readonly node: FakeNode;
  readonly port: number;
  /** Rejects where the document does not describe what was taken or given. */
  send(method: string, path: string, sent?: Sent): Promise<Answer>;
  /** Writes the text to a fresh connection and returns all that comes until it closes. */
  raw(text: string): Promise<string>;
}

interface Ending {
  teardown(end: () => unknown): void;
}

export async function serve(t: Ending, limits: Partial<ApiLimits> = {}): Promise<Served> {
  const node = new FakeNode();
  return { ...(await serveNode(t, node, limits)), node };
}

function headersOf({ headers = {} }: Sent): Readonly<Record<string, unknown>> {
  const rows = Array.isArray(headers)
    ? headers.flatMap((name: string, i) => (i % 2 === 0 ? [[name, headers[i + 1]] as const] : []))
    : Object.entries(headers);
  return Object.fromEntries(rows.map(([name, value]) => [name.toLowerCase(), value]));
}

/** Of a server of its own: asking for it is a request that tests would count. */
let described: Promise<OpenApiDocument> | undefined;

function documentOnce(): Promise<OpenApiDocument> {
  described ??= (async () => {
    const ends: (() => unknown)[] = [];
    const served = await serveNode({ teardown: (end) => ends.push(end) }, new FakeNode());
    const answer = await send(served.port, 'GET', '/openapi.json', {});
    for (const end of ends) await end();
    return answer.json as unknown as OpenApiDocument;
  })();
  return described;
}

/** The same over any node. */
export async function serveNode(
  t: Ending,
  node: ApiNode,
  limits: Partial<ApiLimits> = {},
): Promise<Omit<Served, 'node'>> {
  let ids = 0;
  let listener: HttpListener | undefined;
  const clock: Clock = {
    wallMilliseconds: () => 0,
    monotonicMilliseconds: () => performance.now(),
    after: (milliseconds, callback) => {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
  };
  const api = createApi({
    node,
    limits: { ...LIMITS, ...limits },
    version: '0.1.0',
    clock,
    logsRequests: true,
    rates: new TokenBucketRates({ clientsMax: 100, trustedProxies: ['127.0.0.9', '10.0.0.0/8'] }),
    connections: () => listener?.figures ?? { open: 0, openMax: 0, waitingBytes: 0 },
    requestId: () => `r${++ids}`,
    together: (run) => run(),
    metrics: async () => '# HELP x y\nx 1\n',
  });
  const listening = await listenHttp({
    host: '127.0.0.1',
    port: 0,
    headersMax: 200,
    headerBytesMax: 32 * 1024,
    connectionsMax: 100,
    hostNames: [],
    pipelinedBytesMax: 1024 * 1024,
    sendTimeoutMilliseconds: 400,
    isVital: isHealthPath,
    clock,
    observer: node.observer,
    headersTimeoutMilliseconds: 400,
    requestTimeoutMilliseconds: 400,
    keepAliveTimeoutMilliseconds: 5000,
    closeTimeoutMilliseconds: 100,
    handler: api,
    together: new TurnQueue(1).add,
    problem: ({ code, detail }) =>
      JSON.stringify(problemBody(new OperatingError(code, detail), 'listener', 'none')),
  });
  listener = listening;
  t.teardown(() => listening.close());
  const { port } = listening;
  return {
    port,
    send: async (method, path, sent = {}) => {
      const answer = await send(port, method, path, sent);
      const sentHeaders = headersOf(sent);
      const exchanged = { ...answer, method, url: path, sent: sentHeaders, body: sent.body };
      const found = undescribed(await documentOnce(), exchanged);
      if (found.length > 0) throw new Error(`not in the document: ${found.join('; ')}`);
      return answer;
    },
    raw: (text) => raw(port, text),
  };
}

function send(port: number, method: string, path: string, sent: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = sent.headers as OutgoingHttpHeaders;
    const options = {
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      ...(headers && { headers }),
    };
    const request = httpRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString('utf8');
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, bytes, text, json: jsonOf(text) });
      });
    });
    request.on('error', reject);
    request.end(sent.body);
  });
}

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(Buffer.from(text, 'latin1')));
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}

function jsonOf(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
