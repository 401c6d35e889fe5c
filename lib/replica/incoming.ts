/**
 * What becomes of copies that come together. All are decided before any is taken, and nothing is
 * changed here: a pure function of records, clocks and copies (docs/architecture.md, C3 and W5).
 */
import { assert, type OperatingError } from '../errors.js';
import type { RecordKey } from '../persistence/keyspace.js';
import { encodeRecord } from '../persistence/records.js';
import type { Room } from '../persistence/store.js';
import { queueFull } from '../persistence/store-refusals.js';
import { covers } from '../versioning/context.js';
import { type Dot, dotText, sameDot } from '../versioning/dot.js';
import { filterIncoming } from '../versioning/filter.js';
import type { PartitionClock } from '../versioning/partition-clock.js';
import { find, isNothing, merge, type Siblings, type Version } from '../versioning/siblings.js';
import type { CollectedDots } from './collected-dots.js';

/** A state, and as it is stored. */
export interface StoredState {
  readonly siblings: Siblings;
  readonly bytes: Uint8Array;
}

/** A whole state that came from elsewhere, and what this replica knows of its key. */
export interface Arrival {
  readonly at: RecordKey;
  readonly incoming: StoredState;
  /** The own record. */
  readonly own: StoredState | undefined;
  /** Of the partition. */
  readonly clock: Pick<PartitionClock, 'has'>;
  /** The partition is being filled again, and nothing is known of what was seen: all is taken. */
  readonly isRefilling: boolean;
  readonly collected: Pick<CollectedDots, 'has'>;
  /** Versions of which the other owners said that they were collected. */
  readonly dropped: ReadonlySet<string>;
}

/**
 * What became of the values of a state that was merged, where not all are live in the record now:
 * one was dropped as collected, or none was, and one is superseded or has expired.
 */
export type Fate = 'collected' | 'ended';

interface Judged {
  /** The earlier copy of the group on whose result this one was decided; -1: the own record. */
  readonly after: number;
  /** Versions that were dropped, as the record says or as its collection did. */
  readonly superseded: number;
  readonly collected: number;
  readonly fate: Fate | undefined;
  /** What the clock has seen from now on. */
  readonly dots: readonly Dot[];
}

export type Taken =
  /** This is the record from now on. `shrinks`: it takes no more room than what was there. */
  | (Judged & { readonly do: 'store'; readonly held: StoredState; readonly shrinks: boolean })
  /** The record stays as it is. Undefined: there is none, and nothing is to be stored. */
  | (Judged & { readonly do: 'keep'; readonly held: StoredState | undefined });

interface Undecided {
  readonly after: number;
  readonly fate?: undefined;
}

export type Decision =
  | Taken
  /** Seen here, and neither held nor covered: the other owners must be asked first. */
  | (Undecided & { readonly do: 'ask'; readonly dots: readonly Dot[] })
  | (Undecided & { readonly do: 'refuse'; readonly error: OperatingError });

/**
 * In order. A copy of a key that came before in the same group is decided on what that one comes
 * to: the group does what its copies would do one after the other.
 * @param room for what is stored; a copy that finds none is refused, and no other for it
 */
export function decide(arrivals: readonly Arrival[], room: Room): Decision[] {
  const latest = arrivals.length > 1 ? new Map<string, number>() : undefined;
  const decisions: Decision[] = [];
  let { bytesLeft } = room;
  for (const [place, arrival] of arrivals.entries()) {
    const { storageKey } = arrival.at;
    const before = latest?.get(storageKey);
    const known = before === undefined ? arrival : knownAfter(arrival, decisions, before);
    const decision = admit(decideOne(known, before ?? -1), room, bytesLeft);
    if (decision.do === 'store') bytesLeft -= storageKey.length + decision.held.bytes.length;
    decisions.push(decision);
    // One that is put off or refused changes nothing for those behind it.
    if (decision.do === 'store' || decision.do === 'keep') latest?.set(storageKey, place);
  }
  return decisions;
}

/** @param before the place of the copy of the key that was taken last */
function knownAfter(arrival: Arrival, decisions: readonly Decision[], before: number): Arrival {
  const { clock } = arrival;
  const dots: Dot[] = [];
  for (let place = before; place >= 0; place = takenAt(decisions, place).after) {
    for (const dot of takenAt(decisions, place).dots) dots.push(dot);
  }
  const has = (dot: Dot): boolean => clock.has(dot) || dots.some((noted) => sameDot(noted, dot));
  return { ...arrival, own: takenAt(decisions, before).held, clock: { has } };
}

function takenAt(decisions: readonly Decision[], place: number): Taken {
  const decision = decisions[place];
  const isTaken = decision?.do === 'store' || decision?.do === 'keep';
  assert(isTaken, 'what others are decided on was taken');
  return decision;
}

function decideOne(arrival: Arrival, after: number): Decision {
  const { at, own, incoming } = arrival;
  const { admitted, superseded, collected, valueCollected, unaccounted } = admittedOf(arrival);
  if (unaccounted.length > 0) return { do: 'ask', after, dots: unaccounted };
  const gone = valueCollected ? 'collected' : undefined;
  const allEnded = admitted.versions.length === 0 && incoming.siblings.versions.length > 0;
  if (own === undefined && (allEnded || isNothing(admitted))) {
    return { do: 'keep', held: undefined, after, superseded, collected, fate: gone, dots: [] };
  }
  const merged = own === undefined ? admitted : merge(own.siblings, admitted);
  const fate = gone ?? fateIn(merged, incoming.siblings);
  // Invariant: a clock speaks only of what the record holds or covers.
  const dots: Dot[] = [];
  for (const { dot } of admitted.versions) if (covers(merged.context, dot)) dots.push(dot);
  if (own !== undefined && merged === own.siblings) {
    return { do: 'keep', held: own, after, superseded, collected, fate, dots };
  }
  const held =
    merged === incoming.siblings ? incoming : { siblings: merged, bytes: encodeRecord(at, merged) };
  const shrinks = own !== undefined && held.bytes.length <= own.bytes.length;
  return { do: 'store', held, shrinks, after, superseded, collected, fate, dots };
}

function admit(decision: Decision, room: Room, bytesLeft: number): Decision {
  if (decision.do !== 'store') return decision;
  const error = decision.shrinks ? room.shrinkingRefusal : room.refusal;
  const refused = error ?? (bytesLeft < 0 ? queueFull() : undefined);
  return refused === undefined ? decision : { do: 'refuse', after: decision.after, error: refused };
}

interface Admitted {
  /** Without what has ended here; the very same object where that is all. */
  readonly admitted: Siblings;
  readonly superseded: number;
  readonly collected: number;
  /** Was a value among those that were collected? */
  readonly valueCollected: boolean;
  readonly unaccounted: readonly Dot[];
}

const NONE: readonly Dot[] = [];

function admittedOf(arrival: Arrival): Admitted {
  const { at, own, clock, collected, dropped, isRefilling } = arrival;
  const incoming = arrival.incoming.siblings;
  if (isRefilling) return allOf(incoming, 0);
  const { admitted, superseded, unaccounted } = filterIncoming(clock, own?.siblings, incoming);
  if (unaccounted.length === 0) return allOf(admitted, superseded);
  const gone = unaccounted.filter(({ dot }) => dropped.has(dotText(dot)) || collected.has(at, dot));
  const left = (version: Version): boolean => !gone.includes(version);
  return {
    admitted: { ...admitted, versions: admitted.versions.filter(left) },
    superseded,
    collected: gone.length,
    valueCollected: gone.some(({ state }) => state === 'value'),
    unaccounted: unaccounted.filter(left).map(({ dot }) => dot),
  };
}

function allOf(admitted: Siblings, superseded: number): Admitted {
  return { admitted, superseded, collected: 0, valueCollected: false, unaccounted: NONE };
}

function fateIn(merged: Siblings, incoming: Siblings): Fate | undefined {
  if (merged === incoming) return undefined;
  const isLive = ({ dot, state }: Version): boolean =>
    state !== 'value' || find(merged, dot)?.state === 'value';
  return incoming.versions.every(isLive) ? undefined : 'ended';
}
