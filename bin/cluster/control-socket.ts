/** How others ask a running cluster: a socket in a folder that only its owner may enter. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { ERROR_CODES, type ErrorCode, messageOf, OperatingError } from '../../lib/errors.js';
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
const SOCKET_NAME = 'control';
const LINE_BYTES_MAX = 64 * 1024;
/** Above the patience with which a node is awaited. */
const ANSWER_TIMEOUT_MILLISECONDS = 70_000;

export interface ControlSocket {
  /** Its path. */
  readonly path: string;
  /** At once: whoever waits for an answer gets none. */
  close(): void;
}

/** @throws OperatingError `not_ready` where no socket can be made */
export async function serveControl(
  startNode: (id: string) => Promise<Started>,
): Promise<ControlSocket> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    onLine(socket, (line) => {
      answer(line, startNode).then(
        (reply) => socket.end(`${JSON.stringify(reply)}\n`),
        (error: unknown) => socket.end(`${JSON.stringify(refusal(error))}\n`),
      );
    });
  });
  const path = await listenPrivately(server);
  return {
    path,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
      rmSync(dirname(path), { recursive: true, force: true });
    },
  };
}

/** Not in the data folder: the path of a socket may have about a hundred characters. */
async function listenPrivately(server: Server): Promise<string> {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), FOLDER_PREFIX));
    const path = join(folder, SOCKET_NAME);
    await new Promise<void>((resolve, reject) => {
      // Later ones too: a connection that could not be taken ends nothing.
      server.on('error', reject);
      server.listen(path, resolve);
    });
    return path;
  } catch (cause) {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    const message = `no control socket in ${tmpdir()}: ${messageOf(cause)}`;
    throw new OperatingError('not_ready', message, { cause });
  }
}

/** What a cluster left that was ended without a chance to clean up. Nobody answers there. */
export function removeLeftSocket(path: string): void {
  const folder = dirname(path);
  const isOurs = basename(path) === SOCKET_NAME && basename(folder).startsWith(FOLDER_PREFIX);
  if (isOurs) rmSync(folder, { recursive: true, force: true });
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
