/**
 * Sessions that read and write all keys at `causal`, and what each must be shown: by what it has
 * seen itself, and by what the writers of that had seen (docs/testing.md, the bad patterns of
 * causal memory). Too little is judged rather than too much: what is forgotten is asked of no
 * answer.
 */
import { levelName } from '../../lib/coordination/request/level.js';
import { greatestOf } from '../../lib/encoding/extremes.js';
import type { Floor, KeyHistory, StressOutcome } from './key-history.js';
import type { StressPlan } from './stress-plan.js';
import type { StressSession } from './stress-session.js';
import { sequenceOf } from './stress-value.js';

/** So many at first; more where all are busy. Few see much of each other. */
const SESSIONS_MIN = 16;
const SESSIONS_MAX = 256;
/** Of a key: what older ones had seen is forgotten. */
const WRITES_MAX = 32;
/** Of a session: the keys that it read or wrote last. */
const SEEN_MAX = 10_000;

/** For each session how many of its acknowledged writes are meant; missing: none. */
type Counts = readonly (number | undefined)[];

interface KnownWrite {
  readonly sequence: number;
  readonly writer: CausalSession;
  /** It was the writer's first, second, ... that was acknowledged; undefined: it is not. */
  count: number | undefined;
  /** What its writer knew. */
  readonly past: Counts;
}

/** The latest of each key, the oldest first. */
type KnownWrites = Map<KeyHistory, KnownWrite[]>;

/** Does every read at one level, and every write at the other, take part in causality? */
export function isCausal({
  readLevel,
  writeLevel,
}: Pick<StressPlan, 'readLevel' | 'writeLevel'>): boolean {
  return [readLevel, writeLevel].every((level) => levelName(level) === 'causal');
}

export class CausalSessions {
  readonly #max: number;
  readonly #writes: KnownWrites = new Map();
  readonly #free: CausalSession[] = [];
  #count = 0;

  /** @param sideBySide requests that can be on their way at once */
  constructor(sideBySide: number) {
    this.#max = Math.min(SESSIONS_MAX, sideBySide);
    while (this.#count < Math.min(SESSIONS_MIN, this.#max)) this.#free.push(this.#create());
  }

  /** One without a request under way; undefined: there is none, and there are enough. */
  take(): CausalSession | undefined {
    return this.#free.shift() ?? (this.#count < this.#max ? this.#create() : undefined);
  }

  #create(): CausalSession {
    this.#count += 1;
    return new CausalSession(this.#count - 1, this.#writes, (session) => {
      this.#free.push(session);
    });
  }
}

/** One request at a time. */
export class CausalSession implements StressSession {
  token: string | undefined;
  readonly #number: number;
  readonly #writes: KnownWrites;
  readonly #giveBack: (session: CausalSession) => void;
  /** Of its writes that were acknowledged. */
  #acknowledged = 0;
  /** Its past. */
  readonly #knows: (number | undefined)[] = [];
  /** The newest of a key that it has written, or been shown. */
  readonly #seen = new Map<KeyHistory, Floor>();

  constructor(number: number, writes: KnownWrites, giveBack: (session: CausalSession) => void) {
    this.#number = number;
    this.#writes = writes;
    this.#giveBack = giveBack;
  }

  floorOf(key: KeyHistory): Floor {
    const known = this.#writes.get(key)?.findLast(({ writer, count = Infinity }) => {
      return count <= (this.#knows[writer.#number] ?? 0);
    });
    return Math.max(known?.sequence ?? 0, this.#seen.get(key) ?? 0);
  }

  /** It takes over, besides, what came with all that it was shown. */
  judge(key: KeyHistory, values: readonly unknown[], floor: Floor): string | undefined {
    const sequences = values.map((value) => sequenceOf(value, key.key) ?? 0);
    const newest = Math.max(0, greatestOf(sequences));
    for (const { sequence, writer, count, past } of this.#writes.get(key) ?? []) {
      if (!sequences.includes(sequence)) continue;
      for (const [other, known] of past.entries()) this.#know(other, known);
      this.#know(writer.#number, count);
    }
    this.#see(key, newest);
    // A write that nobody was told of may have come late, and replaced what was newer.
    if (newest >= floor || sequences.some((one) => key.isUnknown(one))) return undefined;
    const pattern = newest === 0 ? 'WriteCOInitRead' : 'WriteCORead';
    return `the newest is ${newest}, though ${floor} is in the past of its reader (${pattern})`;
  }

  beginWrite(key: KeyHistory, sequence: number): void {
    const writes = this.#writes.get(key) ?? [];
    this.#writes.set(key, writes);
    writes.push({ sequence, writer: this, count: undefined, past: [...this.#knows] });
    if (writes.length > WRITES_MAX) writes.shift();
  }

  endWrite(
    key: KeyHistory,
    sequence: number,
    written: StressOutcome,
    token: string | undefined,
  ): void {
    if (written === 'acknowledged') {
      this.#acknowledged += 1;
      this.#knows[this.#number] = this.#acknowledged;
      const write = this.#writes.get(key)?.find((one) => one.sequence === sequence);
      if (write !== undefined) write.count = this.#acknowledged;
      this.#see(key, sequence);
    }
    this.endRead(token);
  }

  endRead(token: string | undefined): void {
    this.token = token ?? this.token;
    this.#giveBack(this);
  }

  #know(other: number, count = 0): void {
    this.#knows[other] = Math.max(this.#knows[other] ?? 0, count);
  }

  #see(key: KeyHistory, sequence: number): void {
    const newest = Math.max(this.#seen.get(key) ?? 0, sequence);
    this.#seen.delete(key);
    this.#seen.set(key, newest);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > SEEN_MAX && oldest !== undefined) this.#seen.delete(oldest);
  }
}
