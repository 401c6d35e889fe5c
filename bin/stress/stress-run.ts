/** An open-loop load: requests leave when they are due, whatever became of the earlier ones. */
import { KeyHistory } from './key-history.js';
import { LoadConnections } from './load-connections.js';
import { OrderWindow } from './order-window.js';
import { type ReadBack, StressRequests } from './stress-requests.js';
import { isOrdered, keyPrefixOf, type StressPlan } from './stress-plan.js';
import type { StressRequestKind } from './tally.js';
import { Tally } from './tally.js';

/** Requests that wait for answers; while there are more, those that are due wait too. */
const IN_FLIGHT_MAX = 20_000;
const TICK_MILLISECONDS = 1;
const SIDE_BY_SIDE = 32;
/** The last reads may be tried again while nodes come back and hints are delivered. */
const READ_BACK_MILLISECONDS = 15_000;
const READ_BACK_PAUSE_MILLISECONDS = 250;
const PATIENCE_MILLISECONDS = 10_000;
const WAY_MILLISECONDS = 2000;

interface Queue {
  readonly operation: StressRequestKind;
  readonly perSecond: number;
  /** How many have left; the next is due `(issued + 1) / perSecond` after the start. */
  issued: number;
}

export class StressRun {
  readonly tally = new Tally();
  readonly #plan: StressPlan;
  /** With which a request is awaited, in milliseconds. */
  readonly #patience: number;
  readonly #connections: LoadConnections;
  readonly #requests: StressRequests;
  readonly #keys: readonly KeyHistory[];
  /** What the last read of each key has seen. */
  readonly #contexts = new Map<KeyHistory, string | undefined>();
  #inFlight = 0;
  #idle: () => void = () => undefined;
  #stopped = false;
  #isAborted = false;
  #loadMilliseconds = 0;

  constructor(plan: StressPlan) {
    this.#plan = plan;
    const { timeoutMilliseconds: timeout } = plan;
    this.#patience = timeout === undefined ? PATIENCE_MILLISECONDS : timeout + WAY_MILLISECONDS;
    this.#connections = new LoadConnections({
      endpoints: plan.endpoints,
      connections: plan.connections,
      timeoutMilliseconds: this.#patience,
      onRefused: () => {
        this.tally.refused += 1;
      },
    });
    this.#requests = new StressRequests(plan, this.#connections, this.tally);
    this.#keys = Array.from({ length: plan.keyCount }, (_, index) =>
      this.#keyOf(`${keyPrefixOf(plan)}${index}`),
    );
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** From the first request that was due to the last answer. */
  get loadMilliseconds(): number {
    return this.#loadMilliseconds;
  }

  /** No further requests become due; what was sent is awaited and read back. */
  stop(): void {
    this.#stopped = true;
  }

  /** At once: what was sent is not awaited, and nothing is read back. */
  abort(): void {
    this.#isAborted = true;
    this.stop();
    this.close();
  }

  async run(): Promise<void> {
    try {
      await this.prepare();
      await this.load();
      await this.readAndDelete();
    } finally {
      this.close();
    }
  }

  /** What was written is there, and is left only where the plan says so. */
  async readAndDelete(): Promise<void> {
    if (this.#isAborted) return;
    const deadline = performance.now() + READ_BACK_MILLISECONDS;
    await this.#forEachKey((key) => this.#readBack(key, deadline));
    if (this.#plan.deletesKeys) await this.#deleteKeys();
  }

  /** The first write of each key; where one fails, no more are tried: the load goes on without. */
  async prepare(): Promise<void> {
    let hasFailed = false;
    await this.#forEachKey(async (key) => {
      if (this.#stopped) return;
      const why = hasFailed ? undefined : await this.#requests.prepare(key);
      if (why !== undefined) this.tally.note(`first write: ${why}`);
      hasFailed ||= why !== undefined;
      if (hasFailed && !key.mayExist) this.tally.keysUnprepared += 1;
    });
  }

  /** Resolves when everything that was due has been answered, or given up. */
  async load(): Promise<void> {
    const began = performance.now();
    await this.#load(began);
    this.#loadMilliseconds = performance.now() - began;
  }

  close(): void {
    this.#connections.close();
  }

  async #load(began: number): Promise<void> {
    const { getsPerSecond, putsPerSecond, durationMilliseconds } = this.#plan;
    const queues: readonly Queue[] = [
      { operation: 'get', perSecond: getsPerSecond, issued: 0 },
      { operation: 'put', perSecond: putsPerSecond, issued: 0 },
    ];
    await new Promise<void>((resolve) => {
      const tick = (): void => {
        const elapsed = Math.min(performance.now() - began, durationMilliseconds);
        let waiting = elapsed < durationMilliseconds;
        const isLate = performance.now() - began > durationMilliseconds + this.#patience;
        for (const queue of queues) {
          const due = Math.floor((elapsed / 1000) * queue.perSecond);
          while (queue.issued < due && this.#issue(queue, began)) queue.issued += 1;
          if (isLate) this.#giveUp(queue, due);
          waiting ||= queue.issued < due;
        }
        if (waiting && !this.#stopped) setTimeout(tick, TICK_MILLISECONDS);
        else resolve();
      };
      tick();
    });
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
      if (this.#inFlight === 0) resolve();
    });
  }

  /** What could not leave so long after the last was due would not end in time either. */
  #giveUp(queue: Queue, due: number): void {
    const { operation } = queue;
    for (; queue.issued < due; queue.issued += 1) {
      this.tally.requests[operation] += 1;
      this.tally.fail(operation, 'not sent: those before it took too long');
    }
  }

  /** False: it has to wait. Its latency counts from when it was due all the same. */
  #issue({ operation, perSecond, issued }: Queue, began: number): boolean {
    if (this.#inFlight >= IN_FLIGHT_MAX) return false;
    const key = operation === 'get' ? this.#anyKey() : this.#freeKey();
    const session = key && this.#requests.sessionFor(key);
    if (key === undefined || session === undefined) return false;
    const due = began + ((issued + 1) / perSecond) * 1000;
    this.#inFlight += 1;
    this.#requests[operation](key, session, () => {
      this.tally.latencies[operation].record(performance.now() - due);
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#idle();
    });
    return true;
  }

  #keyOf(name: string): KeyHistory {
    if (!isOrdered(this.#plan)) return new KeyHistory(name);
    const { tally } = this;
    const order = new OrderWindow(
      (wrong) => tally.disorder(name, wrong),
      () => {
        tally.keysNeverQuiet += 1;
      },
    );
    return new KeyHistory(name, order);
  }

  #anyKey(): KeyHistory | undefined {
    return this.#keys[Math.floor(Math.random() * this.#keys.length)];
  }

  /** A key has one writer at a time. */
  #freeKey(): KeyHistory | undefined {
    const start = Math.floor(Math.random() * this.#keys.length);
    for (let step = 0; step < this.#keys.length; step += 1) {
      const key = this.#keys[(start + step) % this.#keys.length];
      if (key !== undefined && !key.isBusy) return key;
    }
    return undefined;
  }

  async #readBack(key: KeyHistory, deadline: number): Promise<void> {
    const { tally } = this;
    if (key.acknowledged > 0) {
      const { verdict, why, context } = await this.#lastRead(key, deadline);
      if (why !== undefined) tally.note(why);
      if (verdict === 'lost') tally.keysLost += 1;
      if (verdict === 'unread') tally.keysUnread += 1;
      else tally.keysRead += 1;
      this.#contexts.set(key, context);
    }
    key.order?.judge();
  }

  async #lastRead(key: KeyHistory, deadline: number): Promise<ReadBack> {
    // Nodes that do not answer for one key in all that time need not be awaited for each.
    if (this.tally.keysUnread > 0 && performance.now() >= deadline) {
      return { verdict: 'unread', why: 'read back: not tried, others had no answer in time' };
    }
    for (;;) {
      const found = await this.#requests.readBack(key);
      const { verdict, isFinal = verdict === 'lost' && this.#plan.isStrict } = found;
      const isOver = isFinal || this.#isAborted || performance.now() >= deadline;
      if (verdict === 'kept' || isOver) return found;
      await new Promise((resolve) => setTimeout(resolve, READ_BACK_PAUSE_MILLISECONDS));
    }
  }

  /** Where one cannot be deleted, the rest is left: the report says where. */
  async #deleteKeys(): Promise<void> {
    let hasFailed = false;
    await this.#forEachKey(async (key) => {
      if (!key.mayExist) return;
      const context = this.#contexts.get(key);
      const why = hasFailed ? undefined : await this.#requests.remove(key, context);
      if (why !== undefined) this.tally.note(why);
      if (hasFailed || why !== undefined) this.tally.keysLeft += 1;
      else this.tally.keysDeleted += 1;
      hasFailed ||= why !== undefined;
    });
  }

  async #forEachKey(work: (key: KeyHistory) => Promise<void>): Promise<void> {
    const rest = this.#keys.values();
    const worker = async (): Promise<void> => {
      for (const key of rest) await work(key);
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
  }
}
