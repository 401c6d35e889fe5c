/**
 * The yardstick: a node of three that has no versions worth the name, no failures, and no cluster.
 * What is left of a store of this shape is HTTP, messages that leave together, and a log synced in
 * groups. It loses data wherever anything fails.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ClassicLevel } from 'classic-level';
import { pack, unpack } from 'msgpackr';
import { WebSocket, WebSocketServer } from 'ws';
import { TurnQueue } from '../../../lib/platform/turn-queue.js';
import type { SketchPorts } from './sketch.js';

interface Kept {
  readonly version: number;
  readonly body: Uint8Array;
}

/** Without a body it asks for what is newer than `version`. */
type Question = readonly [n: number, key: string, version: number, body?: Uint8Array];
type Answer = readonly [n: number, version: number, body?: Uint8Array];

const MEBIBYTE = 1024 * 1024;
const PREFIX = '/api/v1/kv/';
const STORED = Buffer.from('{}');
const NOTHING: Kept = { version: 0, body: STORED };
/** Versions are milliseconds and a counter within each. */
const VERSIONS_A_MILLISECOND = 1024;

const [directory = ''] = process.argv.slice(2);
const arriving = new TurnQueue(1);
const leaving = new TurnQueue(2);
const kept = new Map<string, Kept>();
const database = new ClassicLevel<string, Uint8Array>(directory, {
  ...{ keyEncoding: 'utf8', valueEncoding: 'view' },
  ...{ cacheSize: 16 * MEBIBYTE, writeBufferSize: 16 * MEBIBYTE },
});

let gathered: { readonly key: string; readonly value: Uint8Array; readonly done: () => void }[] =
  [];
let syncing = false;

/** One batch is in flight, the next gathers. A disk that fails ends the process. */
async function commit(): Promise<void> {
  syncing = true;
  while (gathered.length > 0) {
    const batch = gathered;
    gathered = [];
    await database.batch(
      batch.map(({ key, value }) => ({ type: 'put', key, value })),
      { sync: true },
    );
    for (const { done } of batch) done();
  }
  syncing = false;
}

function store(key: string, version: number, body: Uint8Array, done: () => void): void {
  kept.set(key, { version, body });
  gathered.push({ key, value: pack([version, body]), done });
  if (!syncing) void commit();
}

/** Sends what was handed to it in a turn as one frame. */
class Frames<M> {
  readonly #socket: WebSocket;
  #waiting: M[] = [];

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  add(message: M): void {
    this.#waiting.push(message);
    if (this.#waiting.length > 1) return;
    leaving.add(() => {
      this.#socket.send(pack(this.#waiting));
      this.#waiting = [];
    });
  }
}

/** The side of a connection that answers. */
function serve(socket: WebSocket): void {
  const frames = new Frames<Answer>(socket);
  socket.on('message', (data: Buffer) => {
    for (const [n, key, version, body] of unpack(data) as Question[]) {
      if (body !== undefined) {
        store(key, version, body, () => frames.add([n, version]));
        continue;
      }
      const own = kept.get(key) ?? NOTHING;
      frames.add(own.version > version ? [n, own.version, own.body] : [n, own.version]);
    }
  });
}

const waiting = new Map<number, (answer: Answer) => void>();
const peers: Frames<Question>[] = [];
let asked = 0;

async function connect(port: number): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  socket.on('message', (data: Buffer) => {
    for (const answer of unpack(data) as Answer[]) {
      const [n] = answer;
      waiting.get(n)?.(answer);
      waiting.delete(n);
    }
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  peers.push(new Frames(socket));
}

function put(key: string, body: Uint8Array, response: ServerResponse): void {
  const last = kept.get(key) ?? NOTHING;
  const version = Math.max(Date.now() * VERSIONS_A_MILLISECOND, last.version + 1);
  let acknowledged = 0;
  const acknowledge = (): void => {
    acknowledged += 1;
    // Of three, this node's own among them.
    if (acknowledged === 2) answer(response, 200, STORED);
  };
  for (const peer of peers) {
    asked += 1;
    waiting.set(asked, acknowledge);
    peer.add([asked, key, version, body]);
  }
  store(key, version, body, acknowledge);
}

function get(key: string, level: unknown, response: ServerResponse): void {
  const own = kept.get(key) ?? NOTHING;
  const newer = (body: Uint8Array | undefined): void =>
    answer(response, own === NOTHING && body === undefined ? 404 : 200, body ?? own.body);
  if (level !== 'quorum') {
    newer(undefined);
    return;
  }
  asked += 1;
  waiting.set(asked, ([, , body]) => newer(body));
  peers[asked % peers.length]?.add([asked, key, own.version]);
}

function answer(response: ServerResponse, status: number, body: Uint8Array): void {
  leaving.add(() => {
    const length = String(body.length);
    response.writeHead(status, ['Content-Type', 'application/json', 'Content-Length', length]);
    response.end(body);
  });
}

function handle(request: IncomingMessage, response: ServerResponse): void {
  const key = (request.url ?? '').slice(PREFIX.length);
  if (request.method === 'GET') {
    get(key, request.headers['x-consistency-level'], response);
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => put(key, Buffer.concat(chunks), response));
}

await database.open();
const server = createServer((request, response) => {
  arriving.add(() => handle(request, response));
});
const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
sockets.on('connection', serve);
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
process.once('message', (ports: readonly number[]) => {
  void Promise.all(ports.map(connect)).then(() => process.send?.('connected'));
});
process.once('disconnect', () => process.exit(0));
const ports: SketchPorts = {
  clients: (server.address() as AddressInfo).port,
  peers: (sockets.address() as AddressInfo).port,
};
process.send?.(ports);
