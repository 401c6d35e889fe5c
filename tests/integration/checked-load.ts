/** A checked load that outlives the nodes: what was acknowledged in any round must stay there. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeyHistory } from '../../bin/stress/key-history.js';
import { LoadConnections } from '../../bin/stress/load-connections.js';
import { StressRequests } from '../../bin/stress/stress-requests.js';
import { stressValue } from '../../bin/stress/stress-value.js';
import { Tally } from '../../bin/stress/tally.js';

export interface CheckedLoadOptions {
  readonly endpoints: readonly string[];
  readonly keyCount: number;
  /** Requests under way at once; every second one is a write. */
  readonly workers: number;
}

export interface ReadBackCount {
  readonly kept: number;
  /** An acknowledged write is gone. */
  readonly lost: number;
  readonly unread: number;
}

const CONNECTIONS = 16;
const VALUE_BYTES = 100;
const PATIENCE_MILLISECONDS = 10_000;
/** Where every node refuses, nobody asks as fast as the loop can. */
const REFUSED_PAUSE_MILLISECONDS = 20;
const READ_BACK_MILLISECONDS = 30_000;
const READ_BACK_PAUSE_MILLISECONDS = 100;
const READ_BACK_SIDE_BY_SIDE = 16;

/** Reads and writes at quorum, synced. The keys, and what is known of them, are kept throughout. */
export class CheckedLoad {
  readonly tally = new Tally();
  readonly keys: readonly KeyHistory[];
  readonly #options: CheckedLoadOptions;
  readonly #connections: LoadConnections;
  readonly #requests: StressRequests;
  #running: readonly Promise<void>[] = [];
  #stopped = true;

  constructor(options: CheckedLoadOptions) {
    this.#options = options;
    const { endpoints, keyCount } = options;
    const run = randomBytes(4).toString('hex');
    this.keys = Array.from({ length: keyCount }, (_, n) => new KeyHistory(`load-${run}-${n}`));
    this.#connections = new LoadConnections({
      endpoints,
      connections: CONNECTIONS,
      timeoutMilliseconds: PATIENCE_MILLISECONDS,
      onRefused: () => {
        this.tally.refused += 1;
      },
    });
    const plan = {
      ...{ endpoints, keyCount, run, valueBytes: VALUE_BYTES, connections: CONNECTIONS },
      ...{ getsPerSecond: 0, putsPerSecond: 0, durationMilliseconds: 0 },
      ...{ readLevel: 'quorum', writeLevel: 'quorum', isStrict: true },
      timeoutMilliseconds: undefined,
      ...{ namespace: undefined, deletesKeys: false },
    };
    this.#requests = new StressRequests(plan, this.#connections, this.tally);
  }

  start(): void {
    this.#stopped = false;
    this.#running = Array.from({ length: this.#options.workers }, (_, n) => this.#work(n));
  }

  /** Resolves when everything under way has been answered, or given up. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  /** Every key, at quorum; tried again while nodes find each other. */
  async readBack(): Promise<ReadBackCount> {
    const counts = { kept: 0, lost: 0, unread: 0 };
    const deadline = performance.now() + READ_BACK_MILLISECONDS;
    const rest = this.keys.values();
    const reader = async (): Promise<void> => {
      for (const key of rest) counts[await this.#readBack(key, deadline)] += 1;
    };
    await Promise.all(Array.from({ length: READ_BACK_SIDE_BY_SIDE }, reader));
    return counts;
  }

  /** Acknowledged before it is on any disk: for controls, which must find it lost. */
  async putUnsynced(endpoint: string, key: KeyHistory): Promise<void> {
    const sequence = key.beginWrite();
    const isTaken = await fetch(`${endpoint}/api/v1/kv/${key.key}`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json', 'X-Durability': 'memory' },
      body: JSON.stringify({ value: stressValue(key.key, sequence, VALUE_BYTES) }),
    }).then(
      (answer) => answer.arrayBuffer().then(() => answer.ok),
      () => false,
    );
    key.endWrite(sequence, isTaken ? 'acknowledged' : 'unknown');
  }

  close(): void {
    this.#connections.close();
  }

  async #readBack(key: KeyHistory, deadline: number): Promise<keyof ReadBackCount> {
    for (;;) {
      const { verdict } = await this.#requests.readBack(key);
      if (verdict !== 'unread' || performance.now() > deadline) return verdict;
      await sleep(READ_BACK_PAUSE_MILLISECONDS);
    }
  }

  async #work(number: number): Promise<void> {
    const keys = this.keys.filter((_, index) => index % this.#options.workers === number);
    for (let turn = 0; !this.#stopped; turn += 1) {
      const own = keys[(turn >> 1) % keys.length];
      const any = this.keys[(turn * 7919 + number) % this.keys.length];
      if (own === undefined || any === undefined) return;
      const { refused } = this.tally;
      const [operation, key] = turn % 2 === 0 ? (['put', own] as const) : (['get', any] as const);
      const session = this.#requests.sessionFor(key);
      if (session === undefined) throw new Error('more workers than sessions');
      await new Promise<void>((done) => this.#requests[operation](key, session, done));
      if (this.tally.refused > refused) await sleep(REFUSED_PAUSE_MILLISECONDS);
    }
  }
}
