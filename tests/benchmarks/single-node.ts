/** A cluster of one node, as a process of its own, over a folder that may hold data already. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { V8_FLAGS } from '../../bin/node/v8-flags.js';
import { createSecret } from '../../lib/platform/secret-file.js';
import { freePorts } from '../conformance/free-ports.js';
import { cleanEnvironment } from './systems/process.js';

const HOST = '127.0.0.1';

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
  const [port = 0, peerPort = 0] = await freePorts(HOST, 2);
  const words = [...V8_FLAGS, 'dist/bin/quorate.js', 'node', '--id', 'n1', '--data-dir', folder];
  const places = ['--listen', `${HOST}:${port}`, '--peer-listen', `${HOST}:${peerPort}`];
  const list = ['--initial-cluster', `n1=${HOST}:${peerPort}`, '--secret-file', secretFile];
  return {
    store: join(folder, 'store'),
    endpoint: `http://${HOST}:${port}`,
    start: (flags = []) =>
      spawn(process.execPath, [...words, ...places, ...list, ...flags], {
        env: cleanEnvironment(),
        stdio: 'ignore',
      }),
    remove: () => rm(folder, { recursive: true }),
  };
}
