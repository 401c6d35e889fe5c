/** The cluster that is assessed: real processes of this machine, which can be killed and paused. */
import { setTimeout } from 'node:timers/promises';
import { messageOf, OperatingError } from '../../lib/errors.js';
import { LocalProcesses } from '../cluster/local-processes.js';
import type { AssessConfig } from './assess-config.js';

export interface Answer {
  /** 0: none in time, or the connection broke. */
  readonly status: number;
  readonly headers: Headers;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface AssessedClusterOptions {
  readonly config: AssessConfig;
  readonly dataDir: string;
  readonly basePort: number;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

const PARTITIONS = 64;
const ADMIN_PORT_DISTANCE = 3;
const POLL_MILLISECONDS = 50;
const REQUEST_MILLISECONDS = 3000;
const VIEW_MILLISECONDS = 15_000;

export class AssessedCluster {
  readonly config: AssessConfig;
  readonly signal: AbortSignal;
  readonly #processes: LocalProcesses;
  readonly #paused = new Set<number>();

  constructor({ config, dataDir, basePort, signal, tell }: AssessedClusterOptions) {
    this.config = config;
    this.signal = signal;
    this.#processes = new LocalProcesses({
      dataDir,
      founding: {
        ...{ nodes: config.nodes, basePort, adminPort: basePort + ADMIN_PORT_DISTANCE },
        ...{ replicas: config.nodes, partitions: PARTITIONS },
      },
      nodeArguments: ['--profile', 'local'],
      autoSpawnDelayMilliseconds: config.autoSpawn ? config.autoSpawnDelayMilliseconds : undefined,
      tell,
    });
  }

  get ids(): readonly string[] {
    return this.#processes.nodes.map(({ id }) => id);
  }

  addressOf(id: string): string {
    const node = this.#processes.nodes.find((row) => row.id === id);
    if (node === undefined) throw new OperatingError('invalid_request', `there is no node ${id}`);
    return `http://${node.address}`;
  }

  isAlive(id: string): boolean {
    return this.#processes.nodes.some((row) => row.id === id && row.pid !== undefined);
  }

  /** @throws OperatingError where a port is taken, or a node does not start */
  async start(): Promise<void> {
    await this.#processes.start(this.signal);
    this.signal.throwIfAborted();
    await this.seen(this.ids, 'up');
  }

  /** Where somebody waits for its end, at once: nobody wants what was stored. */
  async stop(): Promise<void> {
    for (const pid of this.#paused) signalTo(pid, 'SIGCONT');
    if (this.signal.aborted) this.kill();
    await this.#processes.stop();
  }

  /** All nodes, without a wait. */
  readonly kill = (): void => this.#processes.kill();

  /** At once, without a word: as a crash of the process. */
  killNode(id: string): void {
    const pid = this.#pidOf(id);
    if (pid !== undefined) signalTo(pid, 'SIGKILL');
  }

  /** It stands still, as behind a cut network: connections stay open, and nothing is answered. */
  freeze(id: string): void {
    const pid = this.#pidOf(id);
    if (pid === undefined) return;
    this.#paused.add(pid);
    signalTo(pid, 'SIGSTOP');
  }

  thaw(id: string): void {
    const pid = this.#pidOf(id);
    if (pid === undefined) return;
    this.#paused.delete(pid);
    signalTo(pid, 'SIGCONT');
  }

  /** Brings back what is dead, also where nobody else would. */
  async revive(): Promise<void> {
    for (const id of this.ids) if (!this.isAlive(id)) await this.#processes.startNode(id);
    await this.seen(this.ids, 'up');
  }

  /** Resolves with true when every one of `by` sees all of `ids` so; with false after a while. */
  async seen(ids: readonly string[], state: 'up' | 'down', by = this.ids): Promise<boolean> {
    return this.until(VIEW_MILLISECONDS, async () => {
      for (const one of by) if (!(await this.#sees(one, ids, state))) return false;
      return true;
    });
  }

  /** Tries until it holds, or so long. */
  async until(milliseconds: number, holds: () => Promise<boolean> | boolean): Promise<boolean> {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      this.signal.throwIfAborted();
      if (await holds()) return true;
      if (performance.now() > deadline) return false;
      await this.pause(POLL_MILLISECONDS);
    }
  }

  /** @throws where the assessment is ended meanwhile */
  async pause(milliseconds: number): Promise<void> {
    await setTimeout(milliseconds, undefined, { signal: this.signal });
  }

  put(id: string, key: string, value: unknown, headers: Record<string, string> = {}) {
    const level = String(this.config.writeQuorum);
    return this.request(
      id,
      'PUT',
      `/api/v1/kv/${key}`,
      { value },
      { ...levelOf(level), ...headers },
    );
  }

  get(id: string, key: string, headers: Record<string, string> = {}): Promise<Answer> {
    const level = String(this.config.readQuorum);
    return this.request(id, 'GET', `/api/v1/kv/${key}`, undefined, {
      ...levelOf(level),
      ...headers,
    });
  }

  /** Never rejects for what a node does. */
  async request(
    id: string,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    this.signal.throwIfAborted();
    const json = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const sent = {
      ...{ method, headers: { ...json, ...headers } },
      signal: AbortSignal.any([AbortSignal.timeout(REQUEST_MILLISECONDS), this.signal]),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    try {
      const answer = await fetch(`${this.addressOf(id)}${path}`, sent);
      return {
        status: answer.status,
        headers: answer.headers,
        json: objectOf(await answer.text()),
      };
    } catch (error) {
      return { status: 0, headers: new Headers(), json: { detail: messageOf(error) } };
    }
  }

  async #sees(by: string, ids: readonly string[], state: string): Promise<boolean> {
    const { json } = await this.request(by, 'GET', '/api/v1/cluster/status');
    const nodes = (json['nodes'] ?? []) as readonly {
      readonly id: string;
      readonly state: string;
    }[];
    return ids.every((id) => nodes.some((node) => node.id === id && node.state === state));
  }

  #pidOf(id: string): number | undefined {
    return this.#processes.nodes.find((row) => row.id === id)?.pid;
  }
}

function levelOf(level: string): Record<string, string> {
  return { 'X-Consistency-Level': level };
}

function objectOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** It may have ended meanwhile. */
function signalTo(pid: number, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
