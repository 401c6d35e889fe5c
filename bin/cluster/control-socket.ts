/** How others ask a running cluster: a socket in a folder that only its owner may enter. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { messageOf, OperatingError } from '../../lib/errors.js';

const requestShape = z.strictObject({ startNode: z.string() });
const replyShape = z.union([
  z.strictObject({ pid: z.int(), started: z.boolean() }),
  z.strictObject({ code: z.enum(['invalid_request', 'not_ready']), problem: z.string() }),
]);
const runningShape = z.looseObject({
  pid: z.int(),
  socket: z.string(),
  nodes: z.array(z.looseObject({ id: z.string(), pid: z.int().optional() })),
});

export interface Started {
  readonly pid: number;
  /** False: it was running already. */
  readonly started: boolean;
}

const LINE_BYTES_MAX = 64 * 1024;
/** Above the patience with which a node is awaited. */
const ANSWER_TIMEOUT_MILLISECONDS = 70_000;

export interface ControlSocket {
  /** Writes down anew who runs. */
  note(): void;
  close(): void;
}

/** `running`: what status files and people want to know besides; kept beside the socket's path. */
export async function serveControl(
  dataDir: string,
  running: () => Readonly<Record<string, unknown>>,
  startNode: (id: string) => Promise<Started>,
): Promise<ControlSocket> {
  // Not in the data folder: the path of a socket may have about a hundred characters.
  const path = join(mkdtempSync(join(tmpdir(), 'quorate-')), 'control');
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    onLine(socket, (line) => {
      answer(line, startNode).then(
        (reply) => socket.end(`${JSON.stringify(reply)}\n`),
        (error: unknown) => socket.end(`${JSON.stringify(refusal(error))}\n`),
      );
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  const file = runningFile(dataDir);
  const note = (): void => {
    const state = { pid: process.pid, socket: path, ...running() };
    writeFileSync(file, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  };
  note();
  return {
    note,
    close: () => {
      server.close();
      rmSync(file, { force: true });
      rmSync(dirname(path), { recursive: true, force: true });
    },
  };
}

/** Is there a process that answers for this folder? */
export async function isControlled(dataDir: string): Promise<boolean> {
  const path = socketOf(dataDir);
  if (path === undefined) return false;
  const socket = createConnection(path);
  const open = await opened(socket);
  socket.destroy();
  return open;
}

/** @throws OperatingError `not_ready` where no cluster runs, or the node does not start */
export async function askToStart(dataDir: string, id: string): Promise<Started> {
  const path = socketOf(dataDir);
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
  const isUsage = error instanceof OperatingError && error.code === 'invalid_request';
  return { code: isUsage ? 'invalid_request' : 'not_ready', problem: messageOf(error) };
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

function runningFile(dataDir: string): string {
  return join(dataDir, 'running.json');
}

function socketOf(dataDir: string): string | undefined {
  return runningOf(dataDir)?.socket;
}

/** The process of a node, as the cluster wrote it down last; undefined where it has none. */
export function pidOf(dataDir: string, id: string): number | undefined {
  return runningOf(dataDir)?.nodes.find((node) => node.id === id)?.pid;
}

function runningOf(dataDir: string): z.infer<typeof runningShape> | undefined {
  try {
    return runningShape.parse(JSON.parse(readFileSync(runningFile(dataDir), 'utf8')));
  } catch {
    return undefined;
  }
}
