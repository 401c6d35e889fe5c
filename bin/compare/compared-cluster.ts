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
  /** By the id of the node. */
  readonly #children = new Map<string, ChildProcess>();
  readonly #flags = new Map<string, Readonly<Record<string, string>>>();

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
        cluster.#flags.set(id, {
          ...{ 'node.id': id, 'node.listen': `${HOST}:${port}` },
          ...{ 'node.peerListen': peers[index] ?? '', 'node.initialCluster': founders },
          ...{ 'node.dataDir': join(folder, id), 'node.secretFile': secret },
        });
        return cluster.begin(id);
      });
      await Promise.all(started);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get ids(): string[] {
    return [...this.#flags.keys()];
  }

  /** On all links of a node; the last one where none is named. */
  setFault(fault: Fault, id: string = this.ids.at(-1) ?? ''): void {
    const news: CompareNews = { fault };
    this.#children.get(id)?.send(news);
  }

  /** As a loss of power: no chance to say goodbye. Resolves when the process is gone. */
  async kill(id: string): Promise<void> {
    const child = this.#children.get(id);
    this.#children.delete(id);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#children.values()].map(stopped));
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Also again, on the disk that it has. @throws OperatingError `not_ready` */
  begin(id: string): Promise<void> {
    const log = openSync(join(this.#folder, `${id}.log`), 'a');
    const words = [...V8_FLAGS, NODE, JSON.stringify(this.#flags.get(id))];
    const child = spawn(process.execPath, words, { stdio: ['ignore', log, log, 'ipc'] });
    closeSync(log);
    this.#children.set(id, child);
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
