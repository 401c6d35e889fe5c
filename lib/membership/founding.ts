/** The founding: the first ring and the cluster's id, agreed by all founders (architecture, M1). */
import { Periodic } from '../environment/periodic.js';
import type { NodeId } from '../environment/transport.js';
import { messageOf, OperatingError } from '../errors.js';
import type { Ring } from '../partitioning/ring.js';
import { FoundingAnswers, type FoundingAnswer } from './founding-answers.js';
import { FoundingLog } from './founding-log.js';
import type { FoundingOptions } from './founding-options.js';
import {
  FOUNDING_KEY,
  keepFounding,
  readFounding,
  type StoredFounding,
} from './founding-record.js';
import { FOUND } from './messages.js';

const CLUSTER_ID_BYTES = 16;
const WAITING = 'the other founders have not confirmed the ring yet';

/**
 * A founder stores its ring, and serves once every founder has confirmed the same hash and the same
 * cluster id; later starts need nobody. A stored ring beats the list. The founder with the smallest
 * id proposes the cluster's id, once all others have said which they know.
 */
export class Founding {
  readonly #options: FoundingOptions;
  readonly #retry: Periodic;
  readonly #answers: FoundingAnswers;
  readonly #asking = new Set<NodeId>();
  readonly #log: FoundingLog;
  readonly ring: Ring;
  #stored: StoredFounding;
  #complete: boolean;
  /** A step that waits for the disk is under way: the next one is decided after it. */
  #stepping = false;
  #founded: () => void = () => undefined;
  #refused: (error: OperatingError) => void = () => undefined;
  /** Resolves when the ring is confirmed by all; rejects where this node must not serve. */
  readonly done: Promise<void>;
  #waitReason = WAITING;

  private constructor(options: FoundingOptions, stored: StoredFounding) {
    this.#options = options;
    this.#log = new FoundingLog(options.observer);
    this.#stored = stored;
    this.ring = stored.ring;
    this.#complete = stored.complete;
    const founders = stored.ring.members.map(({ id }) => id);
    this.#answers = new FoundingAnswers(options.self, founders);
    this.done = new Promise((resolve, reject) => {
      this.#founded = resolve;
      this.#refused = reject;
    });
    this.done.catch(() => undefined);
    this.#retry = new Periodic(options, {
      name: 'founding',
      intervalMilliseconds: options.retryIntervalMilliseconds,
      task: () => {
        this.#askAll();
        this.#decide();
      },
    });
  }

  /**
   * Reads the stored ring, or stores the proposed one, before anybody learns of it. A damaged one
   * is none: peers that serve the ring will say that this disk has lost it.
   */
  static async open(options: FoundingOptions): Promise<Founding> {
    const { proposed, observer } = options;
    const stored = readFounding(options);
    const founding = new Founding(options, stored);
    if (stored.complete && stored.ring.hash !== proposed.hash) {
      observer.log('warn', 'the stored ring differs from the configured list; it is kept', {
        stored: stored.ring.hash,
        configured: proposed.hash,
      });
    }
    await founding.#keep({});
    return founding;
  }

  get isComplete(): boolean {
    return this.#complete;
  }

  /** Of the cluster that this node belongs to, random; empty before the founding. */
  get clusterId(): string {
    return this.#options.identity.clusterId;
  }

  /** Why this node does not serve yet. */
  get waitReason(): string | undefined {
    return this.#complete ? undefined : this.#waitReason;
  }

  start(): void {
    this.#options.messenger.handle(
      FOUND,
      ({ hash, cluster }, { from }) => this.#answer(from, hash, cluster),
      { anyEpoch: true },
    );
    if (this.#complete) {
      this.#founded();
      return;
    }
    this.#options.messenger.onLink((peer, open) => {
      if (open && !this.#complete) this.#ask(peer);
    });
    this.#decide();
    this.#retry.start();
  }

  async stop(): Promise<void> {
    await this.#retry.stop();
  }

  /** What this disk stands for; durably, where the other founder names the same. */
  async #answer(from: NodeId, hash: string, cluster: string) {
    if (hash !== this.ring.hash) this.#log.otherList(from, hash, this.ring.hash);
    // Whoever names an id may be asked for it: what it answers is what its disk stands for.
    else if (!this.#complete && cluster !== '' && !this.#answers.has(from, cluster)) {
      this.#ask(from);
    }
    for (;;) {
      const { cluster: known } = this.#stored;
      const confirms = hash === this.ring.hash && cluster !== '' && cluster === known;
      // Durable before the answer: only a disk that was lost can have forgotten it.
      if (confirms && !this.#hasConfirmed(from, known))
        await this.#keep({ confirmed: [hash, known, from] });
      else await this.#options.store.whenDurable(FOUNDING_KEY);
      // The id may have become another one meanwhile. What is answered was stored when it is.
      if (this.#stored.cluster === known) {
        return { hash: this.ring.hash, cluster: known, complete: this.#complete };
      }
    }
  }

  #askAll(): void {
    if (this.#complete) return;
    const missing = this.#answers.missing(this.#stored.cluster);
    if (missing.length === 0) return;
    this.#log.waiting(missing, this.ring.hash);
    for (const node of missing) this.#ask(node);
  }

  /** One question to a founder at a time. */
  #ask(node: NodeId): void {
    if (this.#asking.has(node) || node === this.#options.self) return;
    this.#asking.add(node);
    const { messenger, clock, retryIntervalMilliseconds } = this.#options;
    const deadline = clock.monotonicMilliseconds() + retryIntervalMilliseconds;
    const { cluster } = this.#stored;
    const question = { hash: this.ring.hash, cluster };
    messenger.ask(node, FOUND, question, deadline, (answer) => {
      this.#asking.delete(node);
      if (answer.ok) this.#hear(node, cluster, answer.reply);
    });
  }

  #hear(node: NodeId, asked: string, { hash, ...answer }: FoundingAnswer & { hash: string }): void {
    if (this.#complete) return;
    if (hash !== this.ring.hash) {
      this.#waitReason = `${node} was given another founding list: ${hash}, not ${this.ring.hash}`;
      this.#log.otherList(node, hash, this.ring.hash);
      return;
    }
    this.#waitReason = WAITING;
    this.#answers.note(node, asked, answer);
    this.#decide();
  }

  /** The next step of the founding, from all that was answered. One at a time. */
  #decide(): void {
    if (this.#complete || this.#stepping) return;
    const step = this.#nextStep();
    if (step === undefined) return;
    this.#stepping = true;
    step
      .then(() => {
        this.#stepping = false;
        this.#decide();
      })
      .catch((error: unknown) => {
        this.#stepping = false;
        // A full queue is no verdict: the step is taken again at the next turn.
        if (error instanceof OperatingError && error.code === 'overloaded') return;
        this.#refused(new OperatingError('storage_failed', messageOf(error), { cause: error }));
      });
  }

  #nextStep(): Promise<void> | undefined {
    const served = this.#answers.served();
    if (served.length > 1) {
      const clusters = served.join(' and ');
      this.#waitReason = `founders serve different clusters under this list: ${clusters}`;
      return undefined;
    }
    const serving = this.#answers.serving((node, id) => !this.#hasConfirmed(node, id));
    if (serving !== undefined) return this.#adopt(serving.node, serving.cluster);
    const { cluster } = this.#stored;
    const proposal = this.#answers.proposal(cluster, () => this.#drawId());
    if (proposal !== undefined) return this.#take(proposal);
    return this.#answers.areAllFor(cluster) ? this.#finish() : undefined;
  }

  #drawId(): string {
    return Buffer.from(this.#options.random.bytes(CLUSTER_ID_BYTES)).toString('hex');
  }

  /** On the disk before it is confirmed to anybody. */
  async #take(cluster: string): Promise<void> {
    await this.#keep({ cluster });
    for (const { id } of this.ring.members) this.#ask(id);
  }

  /**
   * A peer serves this ring. It could only do so with the stored confirmation of this disk, which
   * has never given one: it was wiped. It takes what the others serve, and vouches for nothing.
   */
  #adopt(peer: NodeId, cluster: string): Promise<void> | undefined {
    const { transport, observer, onWiped } = this.#options;
    // Another cluster may answer at the address of a member: all who can be asked must agree.
    if (!this.#answers.haveAnswered((id) => transport.isOpen(id))) return undefined;
    const fields = { peer, hash: this.ring.hash, cluster };
    observer.log('warn', 'a peer serves this ring already: the disk was lost', fields);
    return onWiped()
      .then(() => this.#keep({ cluster }))
      .then(() => this.#finish());
  }

  async #finish(): Promise<void> {
    await this.#keep({ complete: true });
    this.#complete = true;
    await this.#retry.stop();
    const fields = { hash: this.ring.hash, cluster: this.#stored.cluster };
    this.#options.observer.log('info', 'the ring is founded', fields);
    this.#founded();
  }

  #hasConfirmed(node: NodeId, cluster: string): boolean {
    const { hash } = this.ring;
    return this.#stored.confirmations.some(
      ([ring, id, founder]) => ring === hash && id === cluster && founder === node,
    );
  }

  #keep(changes: Parameters<typeof keepFounding>[2]): Promise<void> {
    const { stored, committed } = keepFounding(this.#options, this.#stored, changes);
    this.#stored = stored;
    return committed;
  }
}
