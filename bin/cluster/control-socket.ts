/** How others ask a running cluster: a socket in a folder that only its owner may enter. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { ERROR_CODES, type ErrorCode, messageOf, OperatingError } from '../../lib/errors.js';
import { makeFolder } from '../../lib/platform/make-folder.js';
import { runningOf } from './running-file.js';

const CODES = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];
const requestShape = z.strictObject({ startNode: z.string() });
const replyShape = z.union([
  z.strictObject({ pid: z.int(), started: z.boolean() }),
  z.strictObject({ code: z.enum(CODES), problem: z.string() }),
]);
export interface Started {
  readonly pid: number;
  /** False: it was running already. */
  readonly started: boolean;
}

const FOLDER_PREFIX = 'quorate-';
const NAME_BYTES = 6;
const NAME = 'control';
/**
 * The longest path of a socket on any system, without the zero at its end (macOS). A longer one is
 * cut without a word, and the socket is made somewhere else, where nobody removes it.
 */
const PATH_BYTES_MAX = 103;
/** Where folders for what does not last are on every system that has such sockets. */
const SHORTEST_FOLDER = '/tmp';
const LINE_BYTES_MAX = 64 * 1024;
/** Above the patience with which a node is awaited. */
const ANSWER_TIMEOUT_MILLISECONDS = 70_000;

/**
 * The socket of a running cluster, and the folder that it lies in. It owns that folder from the
 * moment on when it is made: `close` removes it, in whatever state the socket is, and so does the
 * end of the process, however that comes about. Only a kill leaves it; the next start removes that.
 */
export class ControlSocket {
  /** Chosen at once, so that it can be written down before anything is made. */
  readonly path = freePath();
  readonly #open = new Set<Socket>();
  readonly #server: Server;
  #closed = false;

  constructor(startNode: (id: string) => Promise<Started>) {
    this.#server = createServer((socket) => {
      this.#open.add(socket);
      socket.on('close', () => this.#open.delete(socket));
      socket.on('error', () => socket.destroy());
      onLine(socket, (line) => {
        answer(line, startNode).then(
          (reply) => socket.end(`${JSON.stringify(reply)}\n`),
          (error: unknown) => socket.end(`${JSON.stringify(refusal(error))}\n`),
        );
      });
    });
  }

  /** Does nothing once it is closed. @throws OperatingError `not_ready` where it cannot be made */
  async open(): Promise<void> {
    if (this.#closed) return;
    process.once('exit', this.close);
    try {
      makeFolder(dirname(this.path), 'the folder of the control socket');
      await new Promise<void>((resolve, reject) => {
        // Later ones too: a connection that could not be taken ends nothing.
        this.#server.on('error', reject);
        this.#server.on('close', resolve);
        this.#server.listen(this.path, resolve);
      });
    } catch (cause) {
      this.close();
      const message = `no control socket ${this.path}: ${messageOf(cause)}`;
      throw new OperatingError('not_ready', message, { cause });
    }
  }

  /** At once, and never throws: whoever waits for an answer gets none. */
  readonly close = (): void => {
    this.#closed = true;
    process.off('exit', this.close);
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
    removeFolder(dirname(this.path));
  };
}

/** What a cluster left that was ended without a chance to clean up. Nobody answers there. */
export function removeLeftSocket(path: string): void {
  const folder = dirname(path);
  const isOurs = basename(path) === NAME && basename(folder).startsWith(FOLDER_PREFIX);
  if (isOurs) removeFolder(folder);
}

/** Not in the data folder: its path may be long. */
function freePath(): string {
  const folder = FOLDER_PREFIX + randomBytes(NAME_BYTES).toString('hex');
  const path = join(tmpdir(), folder, NAME);
  const fits = Buffer.byteLength(path) <= PATH_BYTES_MAX;
  return fits ? path : join(SHORTEST_FOLDER, folder, NAME);
}

function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // It is empty, or another's by now: nobody can be asked there, and nothing rests on it.
  }
}

/** Does a process answer there? */
export async function isAnswered(path: string): Promise<boolean> {
  const socket = createConnection(path);
  const open = await opened(socket);
  socket.destroy();
  return open;
}

/** @throws OperatingError `not_ready` where no cluster runs, or the node does not start */
export async function askToStart(dataDir: string, id: string): Promise<Started> {
  const path = runningOf(dataDir)?.socket;
  const none = new OperatingError(
    'not_ready',
    `no cluster runs on ${dataDir}; start it: quorate cluster --data-dir ${dataDir}`,
  );
  if (path === undefined) throw none;
  const socket = createConnection(path);
  if (!(await opened(socket))) throw none;
  const line = await new Promise<string>((resolve, reject) => {
    const lost = new OperatingError('outcome_unknown', 'the cluster ended, or did not answer');
    socket.setTimeout(ANSWER_TIMEOUT_MILLISECONDS, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => reject(lost));
    onLine(socket, resolve);
    socket.write(`${JSON.stringify({ startNode: id })}\n`);
  }).finally(() => socket.destroy());
  const reply = replyShape.parse(JSON.parse(line));
  if ('problem' in reply) throw new OperatingError(reply.code, reply.problem);
  return reply;
}

async function answer(
  line: string,
  startNode: (id: string) => Promise<Started>,
): Promise<z.infer<typeof replyShape>> {
  return startNode(requestShape.parse(JSON.parse(line)).startNode);
}

function refusal(error: unknown): z.infer<typeof replyShape> {
  const code = error instanceof OperatingError ? error.code : 'not_ready';
  return { code, problem: messageOf(error) };
}

function onLine(socket: Socket, use: (line: string) => void): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end >= 0) use(text.slice(0, end));
    else if (text.length > LINE_BYTES_MAX) socket.destroy();
  });
}

function opened(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
}
