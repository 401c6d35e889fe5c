/**
 * An oracle for versioning: three replicas of two keys of one partition, in which every version
 * also has its causal history as an explicit set. Copies are lost, repeated, reordered and late;
 * replicas crash when they have sent what they had not synced.
 */
import type { Context } from '../../../lib/versioning/context.js';
import { covers, EMPTY_CONTEXT, seenAfter, withMinted } from '../../../lib/versioning/context.js';
import type { Dot } from '../../../lib/versioning/dot.js';
import { compareDots, dotText } from '../../../lib/versioning/dot.js';
import { filterIncoming } from '../../../lib/versioning/filter.js';
import { PartitionClock } from '../../../lib/versioning/partition-clock.js';
import type { Siblings } from '../../../lib/versioning/siblings.js';
import { merge, write } from '../../../lib/versioning/siblings.js';
import { versionUnder } from './arbitraries.js';

/** A set of versions, a bit for each: at most 30 in one history. */
type Bits = number;
export const VERSIONS_MAX = 30;
const REPLICAS = 3;
const KEYS = 2;

/** The rules of the protocol; a history without one of them goes wrong. */
export interface Rules {
  /** After a crash: somebody new; or the same writer, who goes on counting, or counts again. */
  readonly writer: 'fresh' | 'counts on' | 'counts again';
  /** What a client's token covers after its write. */
  readonly token: 'seen and own' | 'vector';
  /** May the token of one key be used for another? */
  readonly bound: boolean;
  /** What a partition clock takes in. */
  readonly clock: 'dots' | 'contexts';
  /** What travels: the whole state, or the newest version with what its writer had seen. */
  readonly copies: 'whole' | 'version';
}

export const ALL_RULES: Rules = {
  writer: 'fresh',
  token: 'seen and own',
  bound: true,
  clock: 'dots',
  copies: 'whole',
};

interface State {
  readonly siblings: Siblings | undefined;
  /** All versions that this state holds or has superseded. */
  readonly known: Bits;
}

interface Seen {
  readonly key: number;
  readonly context: Context;
  readonly known: Bits;
}

interface Replica {
  states: State[];
  synced: State[];
  clock: PartitionClock;
  syncedClock: PartitionClock;
  writer: string;
  minted: number;
  mintedSynced: number;
  life: number;
}

/** One step: what, and three choices, each taken modulo what there is. */
export type Step = readonly [what: number, who: number, which: number, other: number];

const NOTHING: State = { siblings: undefined, known: 0 };

export class ExplicitHistories {
  readonly #rules: Rules;
  readonly #replicas: Replica[];
  /** By version: its dot, its key, and itself with all that its writer had seen. */
  readonly #versions: { readonly dot: Dot; readonly key: number; readonly history: Bits }[] = [];
  readonly #dots = new Set<string>();
  readonly #copies: (State & { readonly key: number })[] = [];
  readonly #seen: Seen[] = [];
  /** Versions that some replica has held synced: what may have been acknowledged. */
  #durable: Bits = 0;
  /** How often each rare thing happened. */
  readonly counts = { crashes: 0, lost: 0, siblings: 0, beyond: 0, stale: 0, superseded: 0 };

  constructor(rules: Rules) {
    this.#rules = rules;
    this.#replicas = Array.from({ length: REPLICAS }, (_, i) => ({
      states: new Array<State>(KEYS).fill(NOTHING),
      synced: new Array<State>(KEYS).fill(NOTHING),
      clock: new PartitionClock(),
      syncedClock: new PartitionClock(),
      writer: writerOf(i, 1),
      minted: 0,
      mintedSynced: 0,
      life: 1,
    }));
  }

  /** @returns what went wrong, if anything did. */
  run(steps: readonly Step[]): string | undefined {
    for (const step of steps) {
      const wrong = this.#take(step);
      if (wrong !== undefined) return wrong;
    }
    return this.#converge();
  }

  #take([what, who, which, other]: Step): string | undefined {
    const replica = at(this.#replicas, who);
    const key = other % KEYS;
    switch (what) {
      case 0:
      case 1: {
        // A client that has read or written before, with its newest token or an old one.
        const tokens = this.#seen.filter((seen) => seen.key === key || !this.#rules.bound);
        const back = which % 3 === 0 ? which : 0;
        const token = tokens.at(-1 - (back % Math.max(1, tokens.length)));
        if (back > 0) this.counts.stale += 1;
        return this.#put(who, key, token ?? { key, context: EMPTY_CONTEXT, known: 0 });
      }
      case 2: {
        const { siblings, known } = at(replica.states, key);
        return this.#put(who, key, { key, context: siblings?.context ?? EMPTY_CONTEXT, known });
      }
      case 3: {
        const { siblings, known } = at(replica.states, key);
        if (siblings !== undefined) this.#seen.push({ key, context: siblings.context, known });
        return undefined;
      }
      case 4: {
        const copy = this.#copies.at(-1 - (which % Math.max(1, this.#copies.length)));
        return copy === undefined ? undefined : this.#merge(who, copy.key, copy);
      }
      case 5:
        return this.#merge(who, key, at(at(this.#replicas, which).states, key));
      case 6:
        this.#sync(replica, which % 2 === 0);
        return undefined;
      default:
        this.#crash(replica, who % REPLICAS);
        return undefined;
    }
  }

  #put(who: number, key: number, seen: Seen): string | undefined {
    if (this.#versions.length >= VERSIONS_MAX) return undefined;
    const replica = at(this.#replicas, who);
    const { siblings: own, known } = at(replica.states, key);
    const dot = { writer: replica.writer, n: replica.minted + 1 };
    if (this.#dots.has(dotText(dot))) return `${dotText(dot)} was issued twice`;
    if (own !== undefined && covers(own.context, dot)) return `${dotText(dot)} is covered unborn`;
    replica.minted += 1;
    this.#dots.add(dotText(dot));
    const bit = 1 << this.#versions.length;
    this.#versions.push({ dot, key, history: seen.known | bit });
    const version = versionUnder(dot, 'value');
    const siblings = write(own, seen.context, version, 1);
    this.#place(replica, key, { siblings, known: known | seen.known | bit });
    this.#note(replica, siblings, [dot]);
    const context =
      this.#rules.token === 'vector'
        ? withMinted(seen.context, dot)
        : seenAfter(seen.context, dot, own?.context);
    if (context.beyond.length > 0) this.counts.beyond += 1;
    this.#seen.push({ key, context, known: seen.known | bit });
    const sent =
      this.#rules.copies === 'whole'
        ? at(replica.states, key)
        : { siblings: { ...siblings, versions: [version] }, known: known | seen.known | bit };
    this.#copies.push({ ...sent, key });
    return this.#check(replica, key);
  }

  #merge(who: number, key: number, { siblings: incoming, known }: State): string | undefined {
    if (incoming === undefined) return undefined;
    const replica = at(this.#replicas, who);
    const own = at(replica.states, key);
    const filtered = filterIncoming(replica.clock, own.siblings, incoming);
    this.counts.superseded += filtered.superseded;
    if (filtered.unaccounted.length > 0) return 'a clock speaks of what no record accounts for';
    const { admitted } = filtered;
    const siblings = own.siblings === undefined ? admitted : merge(own.siblings, admitted);
    this.#place(replica, key, { siblings, known: own.known | known });
    this.#note(
      replica,
      siblings,
      incoming.versions.map(({ dot }) => dot),
    );
    return this.#check(replica, key);
  }

  #place(replica: Replica, key: number, state: State): void {
    replica.states = replica.states.with(key, state);
    if ((state.siblings?.versions.length ?? 0) > 1) this.counts.siblings += 1;
  }

  #note({ clock }: Replica, { context }: Siblings, dots: readonly Dot[]): void {
    for (const dot of dots) clock.add(dot);
    if (this.#rules.clock === 'dots') return;
    for (const [writer, last] of context.vector) {
      for (let n = 1; n <= last; n += 1) clock.add({ writer, n });
    }
  }

  /** All records; the clock with them, or later. */
  #sync(replica: Replica, clockToo: boolean): void {
    replica.synced = replica.states;
    replica.mintedSynced = replica.minted;
    if (clockToo) replica.syncedClock = PartitionClock.from(replica.clock.toPlain());
    for (const { known } of replica.synced) this.#durable |= known;
  }

  #crash(replica: Replica, who: number): void {
    this.counts.crashes += 1;
    if (replica.states !== replica.synced) this.counts.lost += 1;
    replica.states = replica.synced;
    replica.clock = PartitionClock.from(replica.syncedClock.toPlain());
    replica.life += 1;
    if (this.#rules.writer === 'fresh') {
      replica.writer = writerOf(who, replica.life);
      replica.minted = 0;
    } else if (this.#rules.writer === 'counts again') replica.minted = replica.mintedSynced;
  }

  /** Live versions are those that no other supersedes; the context is what is known, exactly. */
  #check(replica: Replica, key: number): string | undefined {
    const { siblings, known } = at(replica.states, key);
    if (siblings === undefined) return undefined;
    const held = siblings.versions.map(({ dot }) => dotText(dot)).join(' ');
    const maxima = this.#maxima(known);
    if (held !== maxima) return `held: ${held}; maxima of the histories: ${maxima}`;
    for (const [i, version] of this.#versions.entries()) {
      if (version.key !== key) continue;
      const isKnown = (known & (1 << i)) !== 0;
      if (covers(siblings.context, version.dot) !== isKnown) {
        return `${dotText(version.dot)} is ${isKnown ? 'not ' : ''}covered`;
      }
    }
    return undefined;
  }

  #maxima(known: Bits): string {
    const maxima = this.#versions.filter((_, i) => {
      if ((known & (1 << i)) === 0) return false;
      return this.#versions.every(
        ({ history }, j) => j === i || (known & (1 << j)) === 0 || (history & (1 << i)) === 0,
      );
    });
    const dots = maxima.map(({ dot }) => dot).sort(compareDots);
    return dots.map(dotText).join(' ');
  }

  /** Everybody merges everybody: all hold the same, and what was durable anywhere is known. */
  #converge(): string | undefined {
    for (const replica of this.#replicas) this.#sync(replica, true);
    for (let key = 0; key < KEYS; key += 1) {
      for (let round = 0; round < 2; round += 1) {
        for (let to = 0; to < REPLICAS; to += 1) {
          for (let from = 0; from < REPLICAS; from += 1) {
            const wrong = this.#merge(to, key, at(at(this.#replicas, from).states, key));
            if (wrong !== undefined) return wrong;
          }
        }
      }
    }
    const known = at(this.#replicas, 0).states.reduce((all, state) => all | state.known, 0);
    return (this.#durable & ~known) === 0 ? undefined : 'a durable version is forgotten';
  }
}

function writerOf(replica: number, life: number): string {
  return `n${replica}.${life.toString(36)}.0123456789ab`;
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new Error('an empty list has no element');
  return found;
}
