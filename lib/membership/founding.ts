/** The founding: the first ring, from the same list at every founder (docs/architecture.md, M1). */
import type { Clock } from '../environment/clock.js';
import type { Fields, Observer, Severity } from '../environment/observer.js';
import { Periodic } from '../environment/periodic.js';
import type { Random } from '../environment/random.js';
import type { NodeId } from '../environment/transport.js';
import { messageOf, OperatingError } from '../errors.js';
import type { Ring } from '../partitioning/ring.js';
import { decodeRing, encodeRing } from '../partitioning/ring-codec.js';
import { encodeStored, readStored } from '../persistence/checksummed.js';
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
  /** Others serve this ring, and this disk knew nothing of it. Resolves when that is on record. */
  readonly onWiped: () => Promise<void>;
}

interface Stored {
  readonly ring: Ring;
  readonly complete: boolean;
  readonly told: readonly Told[];
}

/** A founder was told that this disk stands for the ring with this hash. */
type Told = readonly [hash: string, founder: NodeId];

/** As stored: the ring, whether all have confirmed it, and whom this disk ever confirmed a ring. */
type Plain = [ring: Uint8Array, complete: boolean, told: Told[]];

/** So many are remembered, the oldest are forgotten first. */
const TOLD_MAX = 1000;

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
  readonly #logged = new Set<string>();
  #told: readonly Told[];
  #adopting = false;
  readonly ring: Ring;
  #complete: boolean;
  /** Is the ring complete on the disk, or will be after what is queued? */
  #keptComplete: boolean;
  #founded: () => void = () => undefined;
  #refused: (error: OperatingError) => void = () => undefined;
  /** Resolves when the ring is confirmed by all; rejects where this node must not serve. */
  readonly done: Promise<void>;
  #obstacle = WAITING;

  private constructor(options: FoundingOptions, stored: Stored) {
    this.#options = options;
    this.ring = stored.ring;
    this.#told = stored.told;
    this.#complete = stored.complete;
    this.#keptComplete = stored.complete;
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

  /**
   * Reads the stored ring, or stores the proposed one, before anybody is told of it. A damaged one
   * is none: peers that serve the ring will say that this disk has lost it.
   */
  static async open(options: FoundingOptions): Promise<Founding> {
    const { store, proposed, observer } = options;
    const bytes = store.get(RING_KEY);
    const plain = bytes && (readStored(RING_KEY, bytes, observer) as Plain | undefined);
    if (plain === undefined) return Founding.#propose(options, []);
    const [encoded, complete, told] = plain;
    const ring = decodeRing(encoded);
    // An unconfirmed ring binds nobody: a list that was wrong can be put right.
    if (!complete && ring.hash !== proposed.hash) return Founding.#propose(options, told);
    if (ring.hash !== proposed.hash) {
      observer.log('warn', 'the stored ring differs from the configured list; it is kept', {
        stored: ring.hash,
        configured: proposed.hash,
      });
    }
    return new Founding(options, { ring, complete, told });
  }

  static async #propose(options: FoundingOptions, told: readonly Told[]): Promise<Founding> {
    const founding = new Founding(options, { ring: options.proposed, complete: false, told });
    await founding.#keep();
    return founding;
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
      async ({ hash }, { from }) => {
        if (hash === this.ring.hash) await this.#noteTold(from);
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
    if (complete && !this.#hasTold(node)) {
      // It could complete only with our stored confirmation, and this disk has never given one.
      this.#adopt(node).catch((error: unknown) => this.#refuse(error));
      return;
    }
    this.#confirmed.add(node);
    this.#obstacle = WAITING;
    this.#finishIfConfirmed();
  }

  #finishIfConfirmed(): void {
    if (this.#complete || this.#confirmed.size < this.ring.members.length - 1) return;
    this.#finish().catch((error: unknown) => this.#refuse(error));
  }

  /** A wiped disk: it takes the ring that the others serve, and vouches for nothing in it. */
  async #adopt(node: NodeId): Promise<void> {
    if (this.#adopting) return;
    this.#adopting = true;
    const fields = { peer: node, hash: this.ring.hash };
    this.#options.observer.log(
      'warn',
      'a peer serves this ring already: the disk was lost',
      fields,
    );
    await this.#options.onWiped();
    await this.#finish();
  }

  #refuse(error: unknown): void {
    this.#refused(new OperatingError('storage_failed', messageOf(error), { cause: error }));
  }

  async #finish(): Promise<void> {
    this.#keptComplete = true;
    await this.#keep();
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
    if (this.#logged.has(text)) return;
    this.#logged.add(text);
    this.#options.observer.log(severity, event, fields);
  }

  #hasTold(node: NodeId): boolean {
    return this.#told.some(([hash, founder]) => hash === this.ring.hash && founder === node);
  }

  /** Durable before the answer: only a disk that was lost can have forgotten it. */
  async #noteTold(node: NodeId): Promise<void> {
    if (!this.#hasTold(node)) {
      this.#told = [...this.#told, [this.ring.hash, node] as const].slice(-TOLD_MAX);
    }
    await this.#keep();
  }

  #keep(): Promise<void> {
    const plain: Plain = [encodeRing(this.ring), this.#keptComplete, [...this.#told]];
    return this.#options.store.transact(
      (transaction) => transaction.put(RING_KEY, encodeStored(RING_KEY, plain)),
      'sync',
      'vital',
    ).committed;
  }
}
