/** The cluster that levels are compared on: a process a node, the links of the last one at will. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OperatingError } from '../../lib/errors.js';
import { createSecret } from '../../lib/platform/secret-file.js';
import type { CompareNews } from '../compare-node.js';
import { checkFree } from '../cluster/free-ports.js';
import { V8_FLAGS } from '../node/v8-flags.js';
import type { Fault } from './faulty-transport.js';

const NODE = fileURLToPath(new URL('../compare-node.js', import.meta.url));
const HOST = '127.0.0.1';
const PEER_PORT_DISTANCE = 2000;
const START_MILLISECONDS = 60_000;
const STOP_MILLISECONDS = 20_000;

export class ComparedCluster {
  readonly endpoints: readonly string[];
  readonly #folder: string;
  readonly #children: ChildProcess[] = [];

  private constructor(folder: string, ports: readonly number[]) {
    this.#folder = folder;
    this.endpoints = ports.map((port) => `http://${HOST}:${port}`);
  }

  /** Serves, in a folder that goes with it. @throws OperatingError `not_ready` */
  static async start(nodes: number, basePort: number): Promise<ComparedCluster> {
    const ports = Array.from({ length: nodes }, (_, index) => basePort + index);
    const peers = ports.map((port) => `${HOST}:${port + PEER_PORT_DISTANCE}`);
    await checkFree([...ports.map((port) => `${HOST}:${port}`), ...peers]);
    const folder = await mkdtemp(join(tmpdir(), 'quorate-compare-'));
    const cluster = new ComparedCluster(folder, ports);
    try {
      const secret = join(folder, 'secret');
      await createSecret(secret);
      const founders = peers.map((peer, index) => `n${index + 1}=${peer}`).join(',');
      const started = ports.map((port, index) => {
        const id = `n${index + 1}`;
        return cluster.#spawn(id, {
          ...{ 'node.id': id, 'node.listen': `${HOST}:${port}` },
          ...{ 'node.peerListen': peers[index] ?? '', 'node.initialCluster': founders },
          ...{ 'node.dataDir': join(folder, id), 'node.secretFile': secret },
        });
      });
      await Promise.all(started);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** On all links of the last node. */
  setFault(fault: Fault): void {
    const news: CompareNews = { fault };
    this.#children.at(-1)?.send(news);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map(stopped));
    await rm(this.#folder, { recursive: true, force: true });
  }

  #spawn(id: string, flags: Readonly<Record<string, string>>): Promise<void> {
    const log = openSync(join(this.#folder, `${id}.log`), 'a');
    const words = [...V8_FLAGS, NODE, JSON.stringify(flags)];
    const child = spawn(process.execPath, words, { stdio: ['ignore', log, log, 'ipc'] });
    closeSync(log);
    this.#children.push(child);
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(new OperatingError('not_ready', `${id} ${why}`));
      const timer = setTimeout(() => fail('is not ready yet'), START_MILLISECONDS);
      child.once('message', () => {
        clearTimeout(timer);
        resolve();
      });
      child.once('exit', () => {
        clearTimeout(timer);
        fail('ended before it served');
      });
    });
  }
}

/** Asked first; one that does not stop is killed. */
function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    const news: CompareNews = { stop: true };
    if (child.connected) child.send(news, () => undefined);
  });
}
