/**
 * Asks the other owners what they hold, while somebody wants to know how old answers are, and tells
 * them the same (docs/architecture.md, B4).
 */
import type { Cancel, Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { messageOf, OperatingError } from '../errors.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { ClusterView } from '../replication/cluster-view.js';
import type { Messenger } from '../rpc/messenger.js';
import { FeedDemand } from './demand.js';
import { TESTIFY } from './messages.js';
import type { ProofMoment } from './moment.js';
import { type OwnHoldings, Proofs, type Scope } from './proofs.js';
import { type Held, testify, testimonyOf } from './testimony.js';

export interface StalenessFeedOptions {
  readonly own: OwnHoldings & Held;
  /** Another in each process. */
  readonly life: string;
  readonly ownership: Pick<Ownership, 'nodes' | 'sharedWith' | 'history'>;
  readonly view: Pick<ClusterView, 'self' | 'isUp'>;
  readonly messenger: Messenger;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly pageBytesMax: number;
}

/** What was on its way when it was reported has come by then, or must be fetched. */
const PATIENCE_MILLISECONDS = 100;
/** An exchange for what has not come is begun no oftener. */
const EXCHANGE_INTERVAL_MILLISECONDS = 1000;
const TIMEOUT_MILLISECONDS = 2000;

export class StalenessFeed {
  readonly #options: StalenessFeedOptions;
  readonly #proofs: Proofs;
  readonly #demand = new FeedDemand();
  /** Peers with a question under way. */
  readonly #asking = new Set<NodeId>();
  /** When an exchange with a peer was begun last. */
  readonly #exchanged = new Map<NodeId, number>();
  readonly #shared = new Map<NodeId, ReadonlySet<number>>();
  #rings: unknown;
  #cancel: Cancel | undefined;
  /** On the monotonic clock: when the timer fires. */
  #asksAt = Number.POSITIVE_INFINITY;
  #isStopped = false;
  #exchangeWith: (peer: NodeId) => void = () => undefined;

  constructor(options: StalenessFeedOptions) {
    this.#options = options;
    this.#proofs = new Proofs(options.own);
  }

  /** Set by anti-entropy: how what does not come is fetched. */
  onMissing(exchangeWith: (peer: NodeId) => void): void {
    this.#exchangeWith = exchangeWith;
  }

  /** Registers the handler; called once, when the ring is known. */
  serve(messenger: Messenger): void {
    const { own: held, life, pageBytesMax } = this.#options;
    messenger.handle(TESTIFY, (asked, { from }) => {
      return testify({ held, life, shared: this.#sharedWith(from), pageBytesMax }, asked);
    });
  }

  /** It asks nobody until somebody wants it. */
  start(): void {
    this.#isStopped = false;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
  }

  now(): ProofMoment {
    const { clock } = this.#options;
    const at = clock.monotonicMilliseconds();
    return { at, skew: clock.wallMilliseconds() - at };
  }

  /** Somebody wants answers that are no older; of no age at all, no question helps. */
  want(maxMilliseconds: number, now: number): void {
    if (maxMilliseconds <= 0) return;
    this.#demand.note(maxMilliseconds, now);
    const interval = this.#demand.intervalAt(now) ?? 0;
    // The first question leaves at once, and a shorter interval counts from now on.
    if (this.#asksAt === Number.POSITIVE_INFINITY) this.#ask();
    else if (this.#asksAt > now + interval) this.#askIn(interval);
  }

  /** When this replica held all that had been acknowledged by then. */
  provenAt(partition: number, scope: Scope, now: ProofMoment): ProofMoment | undefined {
    return this.#proofs.provenAt(partition, scope, now);
  }

  #askIn(milliseconds: number): void {
    const { clock } = this.#options;
    this.#cancel?.();
    if (this.#isStopped) return;
    this.#asksAt = clock.monotonicMilliseconds() + milliseconds;
    this.#cancel = clock.after(milliseconds, () => this.#ask());
  }

  #ask(): void {
    const { ownership, view, clock } = this.#options;
    this.#asksAt = Number.POSITIVE_INFINITY;
    const interval = this.#demand.intervalAt(clock.monotonicMilliseconds());
    if (interval === undefined) return;
    this.#askIn(interval);
    for (const peer of ownership.nodes) {
      if (peer === view.self || !view.isUp(peer) || this.#sharedWith(peer).size === 0) continue;
      if (!this.#asking.has(peer)) this.#askPeer(peer);
    }
  }

  #askPeer(peer: NodeId): void {
    const { messenger, observer } = this.#options;
    this.#asking.add(peer);
    // Before it leaves: what was acknowledged by then is in the answer, or accepted here.
    const question = this.#proofs.questionTo(peer, this.now());
    const deadline = question.askedAt.at + TIMEOUT_MILLISECONDS;
    messenger.ask(peer, TESTIFY, question.asked, deadline, (answer) => {
      this.#asking.delete(peer);
      const result = answer.ok ? 'told' : 'failed';
      observer.count('quorate_staleness_questions_total', { peer, result });
      if (!answer.ok) return;
      try {
        const testimony = testimonyOf(answer.reply);
        this.#proofs.answered(peer, testimony, question);
        if (!testimony.isLast && this.#isWanted) this.#askPeer(peer);
        else this.#fetchMissing(peer);
      } catch (error) {
        if (!(error instanceof OperatingError)) throw error;
        observer.log('warn', 'a testimony cannot be read', { peer, reason: messageOf(error) });
      }
    });
  }

  get #isWanted(): boolean {
    const { clock } = this.#options;
    return !this.#isStopped && this.#demand.intervalAt(clock.monotonicMilliseconds()) !== undefined;
  }

  /** A copy that was lost on its way comes by an exchange. */
  #fetchMissing(peer: NodeId): void {
    const now = this.#options.clock.monotonicMilliseconds();
    const since = this.#proofs.waitingSince(peer);
    if (since === undefined || now - since < PATIENCE_MILLISECONDS) return;
    const last = this.#exchanged.get(peer) ?? Number.NEGATIVE_INFINITY;
    if (now - last < EXCHANGE_INTERVAL_MILLISECONDS || this.#isStopped) return;
    this.#exchanged.set(peer, now);
    this.#options.observer.count('quorate_staleness_exchanges_total', { peer });
    this.#exchangeWith(peer);
  }

  #sharedWith(peer: NodeId): ReadonlySet<number> {
    const { ownership } = this.#options;
    if (this.#rings !== ownership.history) {
      this.#rings = ownership.history;
      this.#shared.clear();
    }
    let shared = this.#shared.get(peer);
    if (shared === undefined) {
      shared = new Set(ownership.sharedWith(peer));
      this.#shared.set(peer, shared);
    }
    return shared;
  }
}
