/** A cluster of one node, as a process of its own, over a folder that may hold data already. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecret } from '../../lib/platform/secret-file.js';
import { cleanEnvironment } from './systems/process.js';

export interface SingleNode {
  /** Where its store is. */
  readonly store: string;
  readonly endpoint: string;
  start(flags?: readonly string[]): ChildProcess;
  remove(): Promise<void>;
}

export async function singleNode(name: string): Promise<SingleNode> {
  const folder = await mkdtemp(join(tmpdir(), `quorate-${name}-`));
  const secretFile = join(folder, 'secret');
  await createSecret(secretFile);
  const [port, peerPort] = [await freePort(), await freePort()];
  const words = ['dist/bin/quorate.js', 'node', '--id', 'n1', '--data-dir', folder];
  const places = ['--listen', `127.0.0.1:${port}`, '--peer-listen', `127.0.0.1:${peerPort}`];
  const list = ['--initial-cluster', `n1=127.0.0.1:${peerPort}`, '--secret-file', secretFile];
  return {
    store: join(folder, 'store'),
    endpoint: `http://127.0.0.1:${port}`,
    start: (flags = []) =>
      spawn(process.execPath, [...words, ...places, ...list, ...flags], {
        env: cleanEnvironment(),
        stdio: 'ignore',
      }),
    remove: () => rm(folder, { recursive: true }),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
