/** The cluster that levels are compared on: a process a node, the links of the last one at will. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OperatingError } from '../../lib/errors.js';
import { createSecret } from '../../lib/platform/secret-file.js';
import type { CompareNews } from '../compare-node.js';
import { checkFree } from '../cluster/free-ports.js';
import { lastLines } from '../cluster/node-log.js';
import { V8_FLAGS } from '../node/v8-flags.js';
import { aborted } from '../supervision.js';
import { TemporaryFolder } from '../temporary-folder.js';
import type { Fault } from './faulty-transport.js';

const NODE = fileURLToPath(new URL('../compare-node.js', import.meta.url));
const HOST = '127.0.0.1';
const PEER_PORT_DISTANCE = 2000;
const START_MILLISECONDS = 60_000;

export interface ComparedClusterOptions {
  /** Ends the start. */
  readonly signal?: AbortSignal;
  /** Of the node with this index; undefined: all are in one. */
  readonly zoneOf?: (index: number) => string;
}

export class ComparedCluster {
  readonly endpoints: readonly string[];
  readonly #folder: TemporaryFolder;
  /** By the id of the node. */
  readonly #children = new Map<string, ChildProcess>();
  readonly #deaths: string[] = [];
  readonly #flags = new Map<string, Readonly<Record<string, string>>>();

  private constructor(ports: readonly number[]) {
    this.#folder = new TemporaryFolder('quorate-compare-');
    // Before the folder goes: nobody is left who would write into it.
    process.prependOnceListener('exit', this.#killAll);
    this.endpoints = ports.map((port) => `http://${HOST}:${port}`);
  }

  /**
   * Serves, in a folder that goes with it.
   * @throws OperatingError `not_ready`, also where it was ended
   */
  static async start(
    nodes: number,
    basePort: number,
    { signal = new AbortController().signal, zoneOf }: ComparedClusterOptions = {},
  ): Promise<ComparedCluster> {
    const ports = Array.from({ length: nodes }, (_, index) => basePort + index);
    const peers = ports.map((port) => `${HOST}:${port + PEER_PORT_DISTANCE}`);
    await checkFree([...ports.map((port) => `${HOST}:${port}`), ...peers]);
    const cluster = new ComparedCluster(ports);
    try {
      const secret = join(cluster.#folder.path, 'secret');
      await createSecret(secret);
      const zone = (index: number): string =>
        zoneOf === undefined ? '' : `;zone=${zoneOf(index)}`;
      const founders = peers.map((peer, index) => `n${index + 1}=${peer}${zone(index)}`).join(',');
      const started = ports.map((port, index) => {
        const id = `n${index + 1}`;
        cluster.#flags.set(id, {
          ...{ 'node.id': id, 'node.listen': `${HOST}:${port}` },
          ...{ 'node.peerListen': peers[index] ?? '', 'node.initialCluster': founders },
          ...{ 'node.dataDir': join(cluster.#folder.path, id), 'node.secretFile': secret },
        });
        return cluster.begin(id);
      });
      await Promise.race([Promise.all(started), aborted(signal)]);
      if (signal.aborted) throw new OperatingError('not_ready', `ended: ${signal.reason}`);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** Nodes that have ended, though nobody asked them to, and how. */
  get deaths(): readonly string[] {
    return this.#deaths;
  }

  get ids(): string[] {
    return [...this.#flags.keys()];
  }

  /** On all links of a node; the last one where none is named. */
  setFault(fault: Fault, id: string = this.ids.at(-1) ?? ''): void {
    const news: CompareNews = { fault };
    const child = this.#children.get(id);
    // One that has ended hears nothing any more.
    if (child?.connected === true) child.send(news, () => undefined);
  }

  /** As a loss of power: no chance to say goodbye. Resolves when the process is gone. */
  async kill(id: string): Promise<void> {
    const child = this.#children.get(id);
    this.#children.delete(id);
    if (child !== undefined) await killed(child);
  }

  /** At once: nobody wants what they have stored. */
  async stop(): Promise<void> {
    process.off('exit', this.#killAll);
    await Promise.all([...this.#children.values()].map(killed));
    this.#folder.remove();
  }

  /** Also again, on the disk that it has. @throws OperatingError `not_ready` */
  async begin(id: string): Promise<void> {
    const logFile = join(this.#folder.path, `${id}.log`);
    const log = openSync(logFile, 'a');
    const words = [...V8_FLAGS, NODE, JSON.stringify(this.#flags.get(id))];
    const child = spawn(process.execPath, words, { stdio: ['ignore', log, log, 'ipc'] });
    closeSync(log);
    this.#children.set(id, child);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => fail('is not ready yet'), START_MILLISECONDS);
      const fail = (how: string): void => {
        clearTimeout(timer);
        const told = lastLines(logFile).map((line) => `\n  ${line}`);
        reject(new OperatingError('not_ready', `${id} ${how}${told.join('')}`));
      };
      child.once('message', () => {
        clearTimeout(timer);
        resolve();
      });
      child.on('error', ({ message }) => fail(`could not be started: ${message}`));
      child.once('exit', (code, signal) => {
        if (this.#children.get(id) === child && !child.killed) {
          this.#deaths.push(`${id} ended with ${signal ?? `status ${code}`}`);
        }
        fail('ended before it served');
      });
    });
  }

  readonly #killAll = (): void => {
    for (const child of this.#children.values()) child.kill('SIGKILL');
  };
}

/** Resolves when the process is gone. */
async function killed(child: ChildProcess): Promise<void> {
  const isGone = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  if (isGone) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
