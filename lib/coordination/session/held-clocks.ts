/**
 * Asks all owners what they hold, for tokens and pasts that bear flags: once they have answered,
 * the flags may go (docs/architecture.md, T7; the rule is flag-clearing.ts).
 */
import type { Clock } from '../../environment/clock.js';
import type { Observer } from '../../environment/observer.js';
import type { NodeId } from '../../environment/transport.js';
import type { Ownership } from '../../partitioning/ownership.js';
import type { DurableAcceptor } from '../../replica/durable-acceptor.js';
import type { Losses } from '../../replica/losses.js';
import type { PartitionClocks } from '../../replica/partition-clocks.js';
import type { WholeClocks } from '../../replica/whole-clocks.js';
import type { ClusterView } from '../../replication/cluster-view.js';
import type { Messenger } from '../../rpc/messenger.js';
import { PartitionClock, type PlainClock } from '../../versioning/partition-clock.js';
import type { PartitionFloor, SessionToken } from '../../versioning/session-token.js';
import { isEmptyFloor } from '../../versioning/session-token.js';
import { HELD_CLOCKS, type HeldClocksReply } from '../wire/messages.js';
import { type HeldByAll, unstableOf, withoutFlag } from './flag-clearing.js';

export interface HeldClocksOptions {
  readonly self: NodeId;
  readonly ownership: Ownership;
  readonly view: ClusterView;
  readonly clocks: PartitionClocks;
  readonly wholeClocks: Pick<WholeClocks, 'isWhole'>;
  readonly acceptor: Pick<DurableAcceptor, 'accepted'>;
  readonly losses: Losses;
  readonly messenger: Messenger;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** Behind an owner that has been silent for so long nobody waits. */
const PATIENCE_MILLISECONDS = 250;
/** An owner that has not answered by then says nothing this time. */
const TIMEOUT_MILLISECONDS = 1000;
/** The least pause between two questions about a partition: after answers, and without. */
const PAUSE_MILLISECONDS = 100;
const FAILED_PAUSE_MILLISECONDS = 1000;
/** Partitions asked about at once: the key's own first; each costs the clocks of its owners. */
const PARTITIONS_MAX = 64;
const PARTITIONS_A_MESSAGE = 16;

/** Some partitions, and what was answered of them so far. */
interface Round {
  readonly askedAt: number;
  /** On the monotonic clock. */
  readonly beganAt: number;
  readonly marks: ReadonlyMap<number, number>;
  readonly answered: Map<number, Map<NodeId, PartitionClock>>;
}

export class HeldClocks {
  readonly #options: HeldClocksOptions;
  readonly #held = new Map<number, HeldByAll>();
  /** Not before this time, on the monotonic clock, is a partition asked about again. */
  readonly #restsUntil = new Map<number, number>();
  #wanted = new Set<number>();
  /** Ends when those that were asked about last are known, or are not to be known. */
  #asking: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  /** The one that is under way. */
  #round: Round | undefined;
  /** Counts what happens here, so that a question is after or before what was met. */
  #moment = 0;

  constructor(options: HeldClocksOptions) {
    this.#options = options;
  }

  /** Of what is met now for the first time: all that it stands for was seen before. */
  met(): number {
    this.#moment += 1;
    return this.#moment;
  }

  /** Without the flags that may go; the very same token where none may. */
  clear(token: SessionToken, metAt: number): SessionToken {
    let floors: Map<number, PartitionFloor> | undefined;
    for (const [partition, floor] of token.floors) {
      const cleared = withoutFlag(floor, this.#held.get(partition), metAt);
      if (cleared === floor) continue;
      floors ??= new Map(token.floors);
      if (isEmptyFloor(cleared)) floors.delete(partition);
      else floors.set(partition, cleared);
    }
    return floors === undefined ? token : { ...token, floors };
  }

  /**
   * Asks about partitions whose flags cannot go yet. Resolves when that is known, or is not to be
   * known; undefined where nobody is asked: an owner is away or slow, or was asked a moment ago.
   * @param metAt of the token
   * @param first the partition that is needed most
   */
  ask(token: SessionToken, metAt: number, first: number): Promise<void> | undefined {
    const flagged = [...token.floors].filter(([, { flag }]) => flag !== 'none');
    const due = flagged.map(([partition]) => partition).filter((one) => this.#isDue(one));
    if (due.length === 0 || this.#isSlow) return undefined;
    const isAsked = (partition: number): boolean =>
      this.#round?.marks.has(partition) === true && this.#round.askedAt > metAt;
    const open = due.filter((partition) => !isAsked(partition));
    if (open.length === 0) return this.#asking;
    const ordered = open.includes(first) ? [first, ...open.filter((one) => one !== first)] : open;
    for (const partition of ordered) {
      if (this.#wanted.size < PARTITIONS_MAX) this.#wanted.add(partition);
    }
    if (this.#asking === undefined) return this.#begin();
    this.#next ??= this.#asking.then(() => this.#begin());
    return this.#next;
  }

  get #isSlow(): boolean {
    if (this.#round === undefined) return false;
    const { clock } = this.#options;
    return clock.monotonicMilliseconds() - this.#round.beganAt >= PATIENCE_MILLISECONDS;
  }

  #isDue(partition: number): boolean {
    const { self, ownership, view, clock } = this.#options;
    if ((this.#restsUntil.get(partition) ?? 0) > clock.monotonicMilliseconds()) return false;
    return ownership.setsOf(partition).every((owners) => {
      return owners.every(({ id }) => id === self || view.isUp(id));
    });
  }

  /** Never rejects. */
  #begin(): Promise<void> {
    const partitions = [...this.#wanted];
    this.#wanted = new Set();
    this.#next = undefined;
    const asking = this.#askAll(partitions).finally(() => {
      if (this.#asking !== asking) return;
      this.#asking = undefined;
      this.#round = undefined;
    });
    this.#asking = asking;
    return asking;
  }

  async #askAll(partitions: readonly number[]): Promise<void> {
    const { self, ownership, losses, clock } = this.#options;
    const marks = new Map(partitions.map((one) => [one, losses.markOf(one)]));
    const answered = new Map(partitions.map((one) => [one, new Map<NodeId, PartitionClock>()]));
    const beganAt = clock.monotonicMilliseconds();
    const round: Round = { askedAt: this.met(), beganAt, marks, answered };
    this.#round = round;
    const byOwner = new Map<NodeId, number[]>();
    for (const partition of partitions) {
      const owners = new Set(ownership.setsOf(partition).flatMap((set) => set.map(({ id }) => id)));
      for (const id of owners) byOwner.set(id, [...(byOwner.get(id) ?? []), partition]);
    }
    const questions: Promise<void>[] = [];
    for (const [owner, of] of byOwner) {
      for (let i = 0; i < of.length; i += PARTITIONS_A_MESSAGE) {
        const some = of.slice(i, i + PARTITIONS_A_MESSAGE);
        const question = owner === self ? this.#answer(some) : this.#ask(owner, some);
        const took = (reply: HeldClocksReply): void => this.#took(round, owner, some, reply);
        questions.push(question.then(took, () => undefined));
      }
    }
    await Promise.all(questions);
    for (const partition of partitions) this.#ended(round, partition);
  }

  #ask(owner: NodeId, partitions: number[]): Promise<HeldClocksReply> {
    const { messenger, clock } = this.#options;
    const deadline = clock.monotonicMilliseconds() + TIMEOUT_MILLISECONDS;
    return messenger.request(owner, HELD_CLOCKS, { partitions }, deadline);
  }

  #took(round: Round, owner: NodeId, partitions: readonly number[], reply: HeldClocksReply): void {
    this.#options.losses.learn(reply.lost);
    for (const [i, partition] of partitions.entries()) {
      const plain = reply.clocks[i] ?? null;
      if (plain !== null) round.answered.get(partition)?.set(owner, PartitionClock.from(plain));
    }
  }

  #ended({ askedAt, marks, answered }: Round, partition: number): void {
    const { ownership, losses, clock, observer } = this.#options;
    const mark = marks.get(partition) ?? 0;
    const sets = ownership.setsOf(partition);
    const clocks = sets.map((owners) =>
      owners.flatMap(({ id }) => answered.get(partition)?.get(id) ?? []),
    );
    const areAll = clocks.every((of, i) => of.length === sets[i]?.length);
    // What an owner answered before it lost the partition is not to be found any more.
    const isSame = losses.markOf(partition) === mark;
    const unstable = areAll && isSame ? unstableOf(clocks) : undefined;
    if (unstable !== undefined) this.#held.set(partition, { askedAt, mark, ...unstable });
    const result = unstable === undefined ? 'untold' : 'told';
    observer.count('quorate_session_flags_asked_total', { result });
    const pause = unstable === undefined ? FAILED_PAUSE_MILLISECONDS : PAUSE_MILLISECONDS;
    this.#restsUntil.set(partition, clock.monotonicMilliseconds() + pause);
  }

  /** Registers the handler; called once, when the ring is known. */
  serve(messenger: Messenger): void {
    messenger.handle(HELD_CLOCKS, ({ partitions }) => this.#answer(partitions));
  }

  /**
   * What this owner holds: its clocks, once they are on the disk with all that was in them when the
   * question came. Nothing of a partition where the clock may lack what the records hold, nor where
   * something is accepted and not learned: that is in no clock, and may have been acknowledged.
   */
  async #answer(partitions: readonly number[]): Promise<HeldClocksReply> {
    const { clocks, wholeClocks, losses, acceptor } = this.#options;
    // First this, then the clocks: what is learned in between is in them.
    const accepted = new Set([...acceptor.accepted()].map(({ partition }) => partition));
    const before = partitions.map((partition) => {
      if (!wholeClocks.isWhole(partition) || accepted.has(partition)) return undefined;
      return PartitionClock.from(clocks.of(partition).toPlain());
    });
    await clocks.persist();
    const plain = partitions.map((partition, i): PlainClock | null => {
      const persisted = clocks.persisted(partition);
      const at = before[i];
      // It may have been emptied meanwhile, or it could not be written.
      return at !== undefined && persisted.includes(at) ? persisted.toPlain() : null;
    });
    return { clocks: plain, lost: partitions.flatMap((one) => losses.listOf(one)) };
  }
}
