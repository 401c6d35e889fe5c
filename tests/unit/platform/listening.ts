/** A listener in front of an echo, and requests byte by byte. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { Test } from 'tap';
import type { HttpListener, HttpListenerOptions } from '../../../lib/platform/http-listener.js';
import { listenHttp } from '../../../lib/platform/http-listener.js';
import { SystemClock } from '../../../lib/platform/system-clock.js';
import { TurnQueue } from '../../../lib/platform/turn-queue.js';
import { CountingObserver } from '../fakes.js';
import { inTime } from '../in-time.js';

export const OPTIONS: Omit<HttpListenerOptions, 'handler' | 'observer'> = {
  host: '127.0.0.1',
  port: 0,
  headersMax: 200,
  headerBytesMax: 32_768,
  connectionsMax: 100,
  headersTimeoutMilliseconds: 600,
  requestTimeoutMilliseconds: 600,
  keepAliveTimeoutMilliseconds: 60_000,
  closeTimeoutMilliseconds: 500,
  hostNames: ['db.example'],
  pipelinedBytesMax: 1_048_576,
  sendTimeoutMilliseconds: 60_000,
  isVital: (url) => url === '/healthz',
  clock: new SystemClock(),
  problem: ({ status, code, detail }) => JSON.stringify({ status, code, detail }),
  together: new TurnQueue(1).add,
};

export interface Fixture {
  readonly listener: HttpListener;
  readonly requests: IncomingMessage[];
  readonly observer: CountingObserver;
}

/** Reads the body, then echoes it; `/late` answers after 150 ms, `/never` not at all. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('error', () => undefined);
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const answer = (): void => {
      response.end(Buffer.concat([Buffer.from(`${request.url ?? ''}:`), ...chunks]));
    };
    if (request.url === '/late') setTimeout(answer, 150);
    else if (request.url !== '/never') answer();
  });
}

export async function start(t: Test, changes: Partial<HttpListenerOptions> = {}): Promise<Fixture> {
  const requests: IncomingMessage[] = [];
  const observer = new CountingObserver();
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(request);
    echo(request, response);
  };
  const listener = await listenHttp({ ...OPTIONS, observer, handler, ...changes });
  t.teardown(() => listener.close());
  return { listener, requests, observer };
}

export interface Conversation {
  readonly socket: Socket;
  /** All that was answered, once the server closed the connection. */
  readonly answer: Promise<string>;
}

export function say(port: number, text: string, host = '127.0.0.1'): Conversation {
  const socket = connect(port, host);
  let received = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString();
  });
  socket.write(text);
  const closed = new Promise<string>((resolve) => {
    socket.once('close', () => {
      resolve(received);
    });
  });
  const answer = inTime(`the server to close after ${text.slice(0, 60)}`, closed);
  // Not everybody waits for it.
  answer.catch(() => undefined);
  return { socket, answer };
}

export function assertProblem(t: Test, answer: string, status: number, code: string): void {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  t.match(head, new RegExp(`^HTTP/1.1 ${String(status)} `));
  t.match(head.toLowerCase(), 'content-type: application/problem+json');
  t.match(head.toLowerCase(), 'connection: close');
  t.match(JSON.parse(body), { status, code });
}

export const lines = (count: number, line: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => `${line(n)}\r\n`).join('');
