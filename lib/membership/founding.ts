/** The founding: the first ring, from the same list at every founder (docs/architecture.md, M1). */
import type { Clock } from '../environment/clock.js';
import type { Fields, Observer, Severity } from '../environment/observer.js';
import { Periodic } from '../environment/periodic.js';
import type { Random } from '../environment/random.js';
import type { NodeId } from '../environment/transport.js';
import { messageOf, OperatingError } from '../errors.js';
import type { Ring } from '../partitioning/ring.js';
import { decodeRing, encodeRing } from '../partitioning/ring-codec.js';
import { decodeStored, encodeStored } from '../persistence/checksummed.js';
import type { Store } from '../persistence/store.js';
import type { Messenger } from '../replication/ask.js';
import { FOUND } from './messages.js';

export interface FoundingOptions {
  readonly self: NodeId;
  readonly store: Store;
  readonly messenger: Messenger;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  /** The ring that this node's own list gives. */
  readonly proposed: Ring;
  readonly retryIntervalMilliseconds: number;
}

interface Stored {
  readonly ring: Ring;
  readonly fresh: boolean;
  readonly complete: boolean;
}

/** As stored: the ring, whether all have confirmed it, and every ring that this disk stood for. */
type Plain = [ring: Uint8Array, complete: boolean, stoodFor: string[]];

/** So many lists, each other than the last, are remembered. */
const STOOD_FOR_MAX = 100;

const RING_KEY = 'm/ring';
const WAITING = 'the other founders have not confirmed the ring yet';

/**
 * A founder stores its ring, and serves once every founder has confirmed the same hash; later
 * starts need nobody. A stored ring beats the list.
 */
export class Founding {
  readonly #options: FoundingOptions;
  readonly #retry: Periodic;
  readonly #confirmed = new Set<NodeId>();
  readonly #told = new Set<string>();
  /** Founders that this life has told its ring. */
  readonly #answered = new Set<NodeId>();
  /** Has this disk never stood for the ring before? */
  readonly #fresh: boolean;
  readonly ring: Ring;
  #complete: boolean;
  #founded: () => void = () => undefined;
  #refused: (error: OperatingError) => void = () => undefined;
  /** Resolves when the ring is confirmed by all; rejects where this node must not serve. */
  readonly done: Promise<void>;
  #obstacle = WAITING;

  private constructor(options: FoundingOptions, stored: Stored) {
    this.#options = options;
    this.ring = stored.ring;
    this.#fresh = stored.fresh;
    this.#complete = stored.complete;
    this.done = new Promise((resolve, reject) => {
      this.#founded = resolve;
      this.#refused = reject;
    });
    this.done.catch(() => undefined);
    this.#retry = new Periodic(options, {
      name: 'founding',
      intervalMilliseconds: options.retryIntervalMilliseconds,
      task: () => this.#askAll(),
    });
  }

  /** Reads the stored ring, or stores the proposed one, before anybody is told of it. */
  static async open(options: FoundingOptions): Promise<Founding> {
    const stored = options.store.get(RING_KEY);
    if (stored === undefined) {
      await keep(options.store, options.proposed, false);
      return new Founding(options, { ring: options.proposed, fresh: true, complete: false });
    }
    const [bytes, complete, stoodFor] = decodeStored(RING_KEY, stored) as Plain;
    const ring = decodeRing(bytes);
    // An unconfirmed ring binds nobody: a list that was wrong can be put right.
    if (!complete && ring.hash !== options.proposed.hash) {
      const fresh = !stoodFor.includes(options.proposed.hash);
      await keep(options.store, options.proposed, false);
      return new Founding(options, { ring: options.proposed, fresh, complete: false });
    }
    if (ring.hash !== options.proposed.hash) {
      options.observer.log('warn', 'the stored ring differs from the configured list; it is kept', {
        stored: ring.hash,
        configured: options.proposed.hash,
      });
    }
    return new Founding(options, { ring, fresh: false, complete });
  }

  get isComplete(): boolean {
    return this.#complete;
  }

  /** Why this node does not serve yet. */
  get obstacle(): string | undefined {
    return this.#complete ? undefined : this.#obstacle;
  }

  start(): void {
    this.#options.messenger.handle(
      FOUND,
      ({ hash }, { from }) => {
        if (hash === this.ring.hash) this.#answered.add(from);
        else this.#logMismatch(from, hash);
        return { hash: this.ring.hash, complete: this.#complete };
      },
      { anyEpoch: true },
    );
    if (this.#complete) {
      this.#founded();
      return;
    }
    this.#options.messenger.onLink((peer, open) => {
      if (open && !this.#complete) this.#ask(peer);
    });
    if (this.ring.members.length === 1) this.#finishIfConfirmed();
    else this.#retry.start();
  }

  async stop(): Promise<void> {
    await this.#retry.stop();
  }

  #askAll(): void {
    const missing = this.ring.members
      .map(({ id }) => id)
      .filter((id) => id !== this.#options.self && !this.#confirmed.has(id));
    if (missing.length === 0) return;
    this.#tell('info', 'waiting for founders', { missing, hash: this.ring.hash });
    for (const node of missing) this.#ask(node);
  }

  #ask(node: NodeId): void {
    const { messenger, clock, retryIntervalMilliseconds } = this.#options;
    const deadline = clock.monotonicMilliseconds() + retryIntervalMilliseconds;
    messenger.ask(node, FOUND, { hash: this.ring.hash }, deadline, (answer) => {
      if (answer.ok) this.#hear(node, answer.reply.hash, answer.reply.complete);
    });
  }

  #hear(node: NodeId, hash: string, complete: boolean): void {
    if (this.#complete) return;
    if (hash !== this.ring.hash) {
      this.#obstacle = `${node} was given another founding list: ${hash}, not ${this.ring.hash}`;
      this.#logMismatch(node, hash);
      return;
    }
    if (complete && this.#fresh && !this.#answered.has(node)) {
      // It could complete only with our stored confirmation, and this disk has never given one.
      const error = new OperatingError(
        'founding_refused',
        `${node} serves this ring already: this disk was lost; rebuilding is not in this version`,
      );
      this.#obstacle = error.message;
      this.#refused(error);
      return;
    }
    this.#confirmed.add(node);
    this.#obstacle = WAITING;
    this.#finishIfConfirmed();
  }

  #finishIfConfirmed(): void {
    if (this.#complete || this.#confirmed.size < this.ring.members.length - 1) return;
    this.#finish().catch((error: unknown) => {
      this.#refused(new OperatingError('storage_failed', messageOf(error), { cause: error }));
    });
  }

  async #finish(): Promise<void> {
    await keep(this.#options.store, this.ring, true);
    this.#complete = true;
    await this.#retry.stop();
    this.#options.observer.log('info', 'the ring is founded', { hash: this.ring.hash });
    this.#founded();
  }

  #logMismatch(node: NodeId, hash: string): void {
    const fields = { peer: node, theirs: hash, ours: this.ring.hash };
    this.#tell('error', 'a founder has another founding list', fields);
  }

  /** Once, though it is asked twice a second for as long as somebody is missing. */
  #tell(severity: Severity, event: string, fields: Fields): void {
    const text = JSON.stringify([event, fields]);
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#options.observer.log(severity, event, fields);
  }
}

async function keep(store: Store, ring: Ring, complete: boolean): Promise<void> {
  const { committed } = store.transact((transaction) => {
    const stored = transaction.get(RING_KEY);
    const before = stored === undefined ? [] : (decodeStored(RING_KEY, stored) as Plain)[2];
    const stoodFor = [...before.filter((hash) => hash !== ring.hash), ring.hash];
    const plain: Plain = [encodeRing(ring), complete, stoodFor.slice(-STOOD_FOR_MAX)];
    transaction.put(RING_KEY, encodeStored(RING_KEY, plain));
  });
  await committed;
}
