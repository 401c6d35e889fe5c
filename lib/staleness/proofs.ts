/**
 * What a replica can prove of how old it is (docs/architecture.md, B1 to B5): it asks every other
 * owner of a partition what that one holds, and once it holds all of it, nothing that was
 * acknowledged before the question is missing here. Pure: given what was said, and asked.
 */
import type { NodeId } from '../environment/transport.js';
import { majority } from '../replication/quorum.js';
import type { Dot } from '../versioning/dot.js';
import { PartitionClock } from '../versioning/partition-clock.js';
import type { Accepted, OpenDots } from './accepted-dots.js';
import { earlier, type ProofMoment } from './moment.js';
import type { Asked, Testimony } from './testimony.js';

/** `all`: all that was acknowledged; `quorum`: what a majority of the primaries acknowledged. */
export type Scope = 'all' | 'quorum';

/** What this replica holds itself. */
export interface OwnHoldings {
  readonly self: NodeId;
  /** The owners of a partition in each epoch that counts. */
  setsOf(partition: number): readonly (readonly { readonly id: NodeId }[])[];
  clockOf(partition: number): PartitionClock;
  vouchesFor(partition: number): boolean;
  /** What is accepted at `strong` and not learned. To look may find damage. */
  accepted(): Accepted;
  /** Another where what was proven before counts no more: an emptied clock, another ring. */
  readonly era: string;
}

/** A partition in which not all that a peer has reported is held here yet. */
interface Waiting {
  /** What was proven before. */
  readonly proven: ProofMoment | undefined;
  /** On the monotonic clock. */
  readonly since: number;
}

/** A question to a peer, as it was when it left. */
export interface ProofQuestion {
  readonly askedAt: ProofMoment;
  /** What the asker had accepted itself: what it accepts later was not acknowledged before. */
  readonly accepted: Accepted;
  readonly era: string;
  /** From where on the peer is to report: what it has not reported yet. */
  readonly asked: Asked;
}

/** What is known of one peer, by its testimonies. */
interface KnownOfPeer {
  readonly life: string;
  upTo: number;
  /** Before it was asked for the last testimony that was taken whole. */
  askedAt: ProofMoment | undefined;
  readonly clocks: Map<number, PartitionClock>;
  accepted: Map<number, Dot[]>;
  /** By this replica, before that question. */
  acceptedHere: Accepted;
  silent: Set<number>;
  /** Every other partition is proven at `askedAt`. */
  readonly waiting: Map<number, Waiting>;
}

export class Proofs {
  readonly #own: OwnHoldings;
  readonly #peers = new Map<NodeId, KnownOfPeer>();
  #era: string;

  constructor(own: OwnHoldings) {
    this.#own = own;
    this.#era = own.era;
  }

  /** @param now when the question leaves, or before */
  questionTo(peer: NodeId, now: ProofMoment): ProofQuestion {
    // Before the era: what it finds damaged begins another.
    const accepted = this.#own.accepted();
    this.#followEra();
    const known = this.#peers.get(peer);
    const asked = { life: known?.life ?? '', since: known?.upTo ?? 0 };
    return { askedAt: now, accepted, era: this.#era, asked };
  }

  answered(peer: NodeId, testimony: Testimony, question: ProofQuestion): void {
    this.#followEra();
    let known = this.#peers.get(peer);
    if (!this.#continues(known, testimony, question)) return;
    const { askedAt, accepted: own } = question;
    if (known === undefined || known.life !== testimony.life) {
      known = nothingKnown(testimony.life);
      this.#peers.set(peer, known);
    }
    // What had to be waited for until now may have come: then it was proven by what was reported.
    this.#settle(known);
    const { emptied, seen, silent, accepted, upTo, isLast } = testimony;
    for (const partition of emptied) {
      known.clocks.delete(partition);
      wait(known, partition, askedAt);
    }
    for (const [partition, entry] of seen) {
      const clock = known.clocks.get(partition) ?? new PartitionClock();
      clock.union(PartitionClock.from([entry]));
      known.clocks.set(partition, clock);
      wait(known, partition, askedAt);
    }
    known.upTo = upTo;
    if (!isLast) return;
    known.accepted = byPartition(accepted);
    known.silent = new Set(silent);
    for (const partitions of [silent, known.accepted.keys(), own.keys()]) {
      for (const partition of partitions) wait(known, partition, askedAt);
    }
    known.askedAt = askedAt;
    known.acceptedHere = own;
    this.#settle(known);
  }

  /**
   * When this replica knows to have held all that had been acknowledged by then; undefined: never.
   * @param now of a partition that nobody else owns
   */
  provenAt(partition: number, scope: Scope, now: ProofMoment): ProofMoment | undefined {
    this.#followEra();
    const { self } = this.#own;
    if (!this.#own.vouchesFor(partition)) return undefined;
    const sets = this.#own.setsOf(partition);
    if (!sets.some((owners) => owners.some(({ id }) => id === self))) return undefined;
    let proven: ProofMoment | undefined = now;
    for (const owners of sets) {
      const others = owners.filter(({ id }) => id !== self);
      const moments = others.map(({ id }) => this.#provenBy(id, partition));
      const own = owners.length - others.length;
      const needed = scope === 'all' ? others.length : majority(owners.length) - own;
      const known = moments.filter((moment) => moment !== undefined);
      const newestFirst = known.sort((a, b) => b.at - a.at);
      if (needed > 0) proven = earlier(proven, newestFirst[needed - 1]);
      // Alone it is the majority: what it has accepted may be acknowledged.
      else if (!this.#holdsAccepted(partition)) return undefined;
    }
    return proven;
  }

  /** Since when an exchange could bring what the peer has reported; undefined: there is nothing. */
  waitingSince(peer: NodeId): number | undefined {
    const known = this.#peers.get(peer);
    let since: number | undefined;
    for (const [partition, waiting] of known?.waiting ?? []) {
      if (known === undefined || !this.#lacks(known, partition)) continue;
      since = Math.min(since ?? waiting.since, waiting.since);
    }
    return since;
  }

  /** What is under rebuild comes by that; what is accepted, by being learned. */
  #lacks({ clocks, silent }: KnownOfPeer, partition: number): boolean {
    const reported = clocks.get(partition);
    if (reported === undefined || silent.has(partition)) return false;
    return this.#own.vouchesFor(partition) && !this.#own.clockOf(partition).includes(reported);
  }

  /**
   * Does the testimony begin where what is known of the peer ends? If that was forgotten while the
   * question was under way, what lies between would never be asked for. The next question asks for
   * all.
   */
  #continues(
    known: KnownOfPeer | undefined,
    { life }: Testimony,
    { era, asked }: ProofQuestion,
  ): boolean {
    const begin = asked.life === life ? asked.since : 0;
    const end = known?.life === life ? known.upTo : 0;
    return era === this.#era && begin === end;
  }

  #provenBy(peer: NodeId, partition: number): ProofMoment | undefined {
    const known = this.#peers.get(peer);
    if (known === undefined) return undefined;
    const waiting = known.waiting.get(partition);
    if (waiting === undefined) return known.askedAt;
    if (!this.#holds(known, partition)) return waiting.proven;
    known.waiting.delete(partition);
    return known.askedAt;
  }

  #settle(known: KnownOfPeer): void {
    for (const partition of [...known.waiting.keys()]) {
      if (this.#holds(known, partition)) known.waiting.delete(partition);
    }
  }

  /**
   * Does this replica hold all that the peer has reported of the partition, and what it had
   * accepted itself when it asked?
   */
  #holds(known: KnownOfPeer, partition: number): boolean {
    const { clocks, accepted, acceptedHere, silent } = known;
    if (silent.has(partition)) return false;
    if (!this.#own.vouchesFor(partition)) return false;
    const clock = this.#own.clockOf(partition);
    const reported = clocks.get(partition);
    if (reported !== undefined && !clock.includes(reported)) return false;
    const holdsTheirs = hasAll(clock, accepted.get(partition));
    return holdsTheirs && hasAll(clock, acceptedHere.get(partition));
  }

  #holdsAccepted(partition: number): boolean {
    const clock = this.#own.clockOf(partition);
    return hasAll(clock, this.#own.accepted().get(partition));
  }

  #followEra(): void {
    const { era } = this.#own;
    if (era === this.#era) return;
    this.#era = era;
    this.#peers.clear();
  }
}

function hasAll(clock: PartitionClock, dots: OpenDots = []): boolean {
  return dots !== 'unknown' && dots.every((dot) => clock.has(dot));
}

function nothingKnown(life: string): KnownOfPeer {
  return {
    ...{ life, upTo: 0, askedAt: undefined, clocks: new Map(), accepted: new Map() },
    ...{ acceptedHere: new Map(), silent: new Set(), waiting: new Map() },
  };
}

/** What is proven of it stays as it is, until what was reported is held here. */
function wait(
  { waiting, askedAt: proven }: KnownOfPeer,
  partition: number,
  now: ProofMoment,
): void {
  if (!waiting.has(partition)) waiting.set(partition, { proven, since: now.at });
}

function byPartition(accepted: Testimony['accepted']): Map<number, Dot[]> {
  const dots = new Map<number, Dot[]>();
  for (const [partition, dot] of accepted) {
    dots.set(partition, [...(dots.get(partition) ?? []), dot]);
  }
  return dots;
}
