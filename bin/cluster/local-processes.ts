/** A cluster of processes on this machine: all started, each watched, all stopped together. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, OperatingError } from '../../lib/errors.js';
import { makeFolder } from '../../lib/platform/make-folder.js';
import { createSecret } from '../../lib/platform/secret-file.js';
import { aborted } from '../supervision.js';
import { alreadyRuns } from './already-runs.js';
import { checkFree } from './free-ports.js';
import type { LocalClusterPlan, PlannedNode } from './cluster-plan.js';
import { adminAddress, writePlan, plannedNodes } from './cluster-plan.js';
import { ControlSocket, isAnswered, removeLeftSocket, type Started } from './control-socket.js';
import { NodeChild } from './node-child.js';
import { RespawnPace } from './respawn-pace.js';
import { forgetRunning, noteRunning, runningOf } from './running-file.js';

export interface LocalClusterOptions {
  readonly dataDir: string;
  readonly founding: LocalClusterPlan;
  /** Words for every `quorate node`, besides those that make it this node. */
  readonly nodeArguments: readonly string[];
  /** Undefined: a dead node stays dead until `start-node`. */
  readonly autoSpawnDelayMilliseconds: number | undefined;
  /** Tells a person what happened. */
  readonly tell: (text: string) => void;
}

interface Watched {
  readonly child: NodeChild;
  /** Undefined: it is not started again by itself. */
  readonly pace: RespawnPace | undefined;
}

/**
 * One task starts it and then stops it, never both at once: a start that is told to stop returns,
 * and what it began is ended by the stop. Invariant: nothing is opened after `stop` was called.
 */
export class LocalProcesses {
  readonly #options: LocalClusterOptions;
  readonly #watched: readonly Watched[];
  readonly #respawns = new Set<NodeJS.Timeout>();
  readonly #control = new ControlSocket((id) => this.startNode(id));
  /** It has said in the folder that it runs; before that the folder may say so of another one. */
  #noted = false;
  #serves = false;
  #stopping = false;

  constructor(options: LocalClusterOptions) {
    this.#options = options;
    const { dataDir, founding, nodeArguments, autoSpawnDelayMilliseconds: delay } = options;
    const nodes = plannedNodes(founding, dataDir);
    this.#watched = nodes.map((planned) => {
      const all = [...argumentsOf(planned, nodes, founding, secretFile(dataDir)), ...nodeArguments];
      const pace = delay === undefined ? undefined : new RespawnPace(delay);
      const onDeath = (child: NodeChild, how: string): void =>
        this.#rest({ child, pace }, how, pace?.served(performance.now()));
      return { child: new NodeChild({ planned, nodeArguments: all, onDeath }), pace };
    });
  }

  /** Nodes with their process ids; undefined where one is dead. */
  get nodes(): readonly (PlannedNode & { readonly pid: number | undefined })[] {
    return this.#watched.map(({ child }) => ({ ...child.planned, pid: child.process?.pid }));
  }

  /**
   * Resolves with true when every node serves, with false when it was told to stop before that.
   * Either way, and after an error, `stop` ends what was begun. @throws OperatingError
   */
  async start(signal: AbortSignal): Promise<boolean> {
    const { dataDir, founding } = this.#options;
    makeFolder(dataDir, `--data-dir ${dataDir}`);
    const left = runningOf(dataDir);
    if (left !== undefined) {
      if (await isAnswered(left.socket)) throw alreadyRuns(dataDir, left);
      removeLeftSocket(left.socket);
    }
    const nodes = this.nodes.flatMap(({ address, peerAddress }) => [address, peerAddress]);
    await checkFree([...nodes, adminAddress(founding)]);
    if (!existsSync(secretFile(dataDir))) await createSecret(secretFile(dataDir));
    writePlan(founding, dataDir);
    if (signal.aborted) return false;
    // Before it is made: what a start that is killed leaves, the next one finds by this note.
    this.#note();
    await this.#control.open();
    // All at once: a founder serves only when all have confirmed the ring.
    const ready = Promise.all(this.#watched.map(({ child }) => child.start()));
    this.#note();
    await Promise.race([ready, aborted(signal)]);
    this.#serves = !signal.aborted;
    return this.#serves;
  }

  /** Brings a dead node back. @throws OperatingError `invalid_request`, or why it does not start */
  async startNode(id: string): Promise<Started> {
    if (!this.#serves) throw new OperatingError('not_ready', 'the cluster still starts');
    const child = this.#watched.find((row) => row.child.planned.id === id)?.child;
    if (child === undefined) {
      const ids = this.nodes.map((node) => node.id).join(', ');
      throw new OperatingError('invalid_request', `there is no node ${id}; there are ${ids}`);
    }
    const started = child.process === undefined;
    await child.start();
    const pid = child.process?.pid;
    if (pid === undefined) throw new OperatingError('not_ready', `${id} ended again`);
    if (started) {
      this.#note();
      this.#options.tell(`${id} serves again (pid ${pid})`);
    }
    return { pid, started };
  }

  /** All nodes stop, side by side. Called once, when the start has ended, well or not. */
  async stop(): Promise<void> {
    this.#close();
    await Promise.all(this.#watched.map(({ child }) => child.stop()));
  }

  /** The same at once, without a word to the nodes. */
  kill(): void {
    this.#close();
    for (const { child } of this.#watched) child.kill();
  }

  #close(): void {
    this.#stopping = true;
    for (const timer of this.#respawns) clearTimeout(timer);
    this.#control.close();
    try {
      if (this.#noted) forgetRunning(this.#options.dataDir);
    } catch (error) {
      // Whoever reads the note asks whether its processes run still.
      this.#options.tell(messageOf(error));
    }
  }

  /** A disk that takes no note ends nothing: `cluster pid` does not know the node then. */
  #note(): void {
    if (this.#stopping) return;
    this.#noted = true;
    const nodes = this.#watched.map(({ child: { planned, process: running } }) => ({
      ...{ id: planned.id, address: planned.address, pid: running?.pid, stamp: running?.stamp },
    }));
    try {
      const running = { pid: process.pid, socket: this.#control.path, nodes };
      noteRunning(this.#options.dataDir, running);
    } catch (error) {
      this.#options.tell(messageOf(error));
    }
  }

  /** @param pause until it is started again; undefined: it is not */
  #rest(watched: Watched, how: string, pause: number | undefined): void {
    if (this.#stopping) return;
    const { dataDir, tell } = this.#options;
    const { id } = watched.child.planned;
    if (pause === undefined) {
      const command = `quorate cluster start-node ${id} --data-dir ${dataDir}`;
      tell(`${id} ${how}. The others go on. Bring it back: ${command}`);
      return;
    }
    tell(`${id} ${how}. It starts again in ${pause} ms`);
    const timer = setTimeout(() => {
      this.#respawns.delete(timer);
      this.startNode(id).catch((error: unknown) => {
        // What the same start would meet again is not tried again.
        const isFinal = error instanceof OperatingError && !error.retryable;
        const next = isFinal ? undefined : watched.pace?.failed();
        this.#rest(watched, `did not start: ${messageOf(error)}`, next);
      });
    }, pause);
    this.#respawns.add(timer);
  }
}

function secretFile(dataDir: string): string {
  return join(dataDir, 'secret');
}

function argumentsOf(
  planned: PlannedNode,
  all: readonly PlannedNode[],
  { replicas, partitions }: LocalClusterPlan,
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
