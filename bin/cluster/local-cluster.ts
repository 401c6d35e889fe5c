/** A cluster of processes on this machine: all started, each watched, all stopped together. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, OperatingError } from '../../lib/errors.js';
import { createSecret } from '../../lib/platform/secret-file.js';
import { checkFree } from './free-ports.js';
import type { Founding, PlannedNode } from './cluster-plan.js';
import { keepFounding, plannedNodes } from './cluster-plan.js';
import type { ControlSocket, Started } from './control-socket.js';
import { isControlled, serveControl } from './control-socket.js';
import { NodeChild } from './node-child.js';

export interface LocalClusterOptions {
  readonly dataDir: string;
  readonly founding: Founding;
  /** Words for every `quorate node`, besides those that make it this node. */
  readonly nodeWords: readonly string[];
  /** Undefined: a dead node stays dead until `start-node`. */
  readonly autoSpawnDelayMilliseconds: number | undefined;
  /** Tells a person what happened. */
  readonly tell: (text: string) => void;
}

export class LocalCluster {
  readonly #options: LocalClusterOptions;
  readonly #children: readonly NodeChild[];
  readonly #respawns = new Set<NodeJS.Timeout>();
  #control: ControlSocket | undefined;
  #stopping = false;

  constructor(options: LocalClusterOptions) {
    this.#options = options;
    const { dataDir, founding, nodeWords } = options;
    const nodes = plannedNodes(founding, dataDir);
    this.#children = nodes.map(
      (planned) =>
        new NodeChild({
          planned,
          words: [...wordsOf(planned, nodes, founding, secretFile(dataDir)), ...nodeWords],
          onDeath: (child, how) => this.#died(child, how),
        }),
    );
  }

  /** Nodes with their process ids; undefined where one is dead. */
  get nodes(): readonly (PlannedNode & { readonly pid: number | undefined })[] {
    return this.#children.map(({ planned, pid }) => ({ ...planned, pid }));
  }

  /** Have all nodes been ready, and is nobody stopping them? */
  get isServing(): boolean {
    return this.#control !== undefined && !this.#stopping;
  }

  /** Resolves when every node serves. @throws OperatingError, and nothing runs any more */
  async start(): Promise<void> {
    const { dataDir, founding } = this.#options;
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (await isControlled(dataDir)) {
      throw new OperatingError('not_ready', `a cluster runs on ${dataDir} already`);
    }
    await checkFree(this.nodes.flatMap(({ address, peerAddress }) => [address, peerAddress]));
    if (!existsSync(secretFile(dataDir))) await createSecret(secretFile(dataDir));
    keepFounding(founding, dataDir);
    try {
      // All at once: a founder serves only when all have confirmed the ring.
      await Promise.all(this.#children.map((child) => child.start()));
      this.#control = await serveControl(
        dataDir,
        () => ({ nodes: this.nodes.map(({ id, address, pid }) => ({ id, address, pid })) }),
        (id) => this.startNode(id),
      );
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Brings a dead node back. @throws OperatingError `invalid_request`, `not_ready` */
  async startNode(id: string): Promise<Started> {
    const child = this.#children.find(({ planned }) => planned.id === id);
    if (child === undefined || this.#stopping) {
      const ids = this.#children.map(({ planned }) => planned.id).join(', ');
      throw new OperatingError('invalid_request', `there is no node ${id}; there are ${ids}`);
    }
    const started = child.pid === undefined;
    await child.start();
    const { pid } = child;
    if (pid === undefined) throw new OperatingError('not_ready', `${id} ended again`);
    if (started) {
      this.#control?.note();
      this.#options.tell(`${id} serves again (pid ${pid})`);
    }
    return { pid, started };
  }

  /** All nodes stop, side by side. May be called at any time. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#respawns) clearTimeout(timer);
    this.#control?.close();
    await Promise.all(this.#children.map((child) => child.stop()));
  }

  #died(child: NodeChild, how: string): void {
    if (this.#stopping) return;
    const { dataDir, autoSpawnDelayMilliseconds: delay } = this.#options;
    const { id } = child.planned;
    if (delay === undefined) {
      const command = `quorate cluster start-node ${id} --data-dir ${dataDir}`;
      this.#options.tell(`${id} ${how}. The others go on. Bring it back: ${command}`);
      return;
    }
    this.#options.tell(`${id} ${how}. It starts again in ${delay} ms`);
    const timer = setTimeout(() => {
      this.#respawns.delete(timer);
      this.startNode(id).catch((error: unknown) => this.#died(child, messageOf(error)));
    }, delay);
    this.#respawns.add(timer);
  }
}

function secretFile(dataDir: string): string {
  return join(dataDir, 'secret');
}

function wordsOf(
  planned: PlannedNode,
  all: readonly PlannedNode[],
  { replicas, partitions }: Founding,
  secret: string,
): string[] {
  const founders = all.map(({ id, peerAddress }) => `${id}=${peerAddress}`).join(',');
  const flags = {
    id: planned.id,
    listen: planned.address,
    'peer-listen': planned.peerAddress,
    'data-dir': planned.dataDir,
    'initial-cluster': founders,
    'secret-file': secret,
    'ring-replicas': replicas,
    'ring-partitions': partitions,
  };
  return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
}
