/**
 * Siblings: the values of a key that no other has superseded, and what they have seen (Dynamo 4.4;
 * `write` and `merge` are `update` and `sync` of dotted version vector sets).
 */
import { assert } from '../errors.js';
import type { Context, Seen } from './context.js';
import { covers, EMPTY_CONTEXT, joinContexts, withMinted } from './context.js';
import type { Dot } from './dot.js';
import { compareDots, dotText, sameDot } from './dot.js';

/** `stub`: a value whose time to live ended; it keeps its dot and loses its bytes. */
export type VersionState = 'value' | 'tombstone' | 'stub';

/** One stored write. */
export interface Version {
  readonly dot: Dot;
  readonly state: VersionState;
  /** Media type of `value`; empty for tombstones and stubs. */
  readonly contentType: string;
  /** For `application/json` the JSON text as it was written. Empty for tombstones and stubs. */
  readonly value: Uint8Array;
  /**
   * Hybrid time in microseconds (hybrid-clock.ts), causal: above that of all that its writer had
   * seen. Orders writes without a context that race (W6); of all others, display.
   */
  readonly writtenAt: number;
  /** Wall time in milliseconds, where the writer gave a time to live. */
  readonly expiresAt: number | undefined;
  /** What a causal writer had seen, of all keys (past.ts); undefined: nothing is known. */
  readonly past?: Uint8Array | undefined;
}

/**
 * The state of a key on a replica. It always travels whole.
 * Invariant: `context` covers the dot of every version; versions are sorted by dot and distinct.
 */
export interface Siblings {
  /** The ring epoch under which this was made: the latest of all that went into it. */
  readonly epoch: number;
  /** Covers every version that this state holds or has superseded. */
  readonly context: Context;
  readonly versions: readonly Version[];
}

/** The highest stamp of what is held; what was superseded had a lower one. 0: nothing is held. */
export function stampOf(siblings: Siblings | undefined): number {
  let highest = 0;
  for (const { writtenAt } of siblings?.versions ?? []) highest = Math.max(highest, writtenAt);
  return highest;
}

/**
 * The latest end in wall milliseconds; undefined: one has none, or there are none. What is made of
 * several versions lives as long as the longest of them.
 */
export function latestEnd(versions: readonly Version[]): number | undefined {
  let latest: number | undefined;
  for (const version of versions) {
    if (version.expiresAt === undefined) return undefined;
    latest = Math.max(latest ?? 0, version.expiresAt);
  }
  return latest;
}

/** What a reader of the state has seen. */
export function seenIn(siblings: Siblings): Seen {
  return { ...siblings.context, stamp: stampOf(siblings) };
}

/** One version in a fingerprint. */
const FINGERPRINTED = /[^;!]+[;!]/g;

/** Of a key of which nobody holds anything. */
export const NO_SIBLINGS: Siblings = { epoch: 0, context: EMPTY_CONTEXT, versions: [] };

/** Nothing is held, and nothing is covered. */
export function isNothing({ versions, context }: Siblings): boolean {
  return versions.length === 0 && context.vector.size === 0 && context.beyond.length === 0;
}

/** What a write does: drops the versions that its writer had seen and adds its own. */
export function write(
  own: Siblings | undefined,
  seen: Context,
  version: Version,
  epoch: number,
): Siblings {
  assert(own === undefined || !covers(own.context, version.dot), 'a dot is minted once');
  return replacing(own, seen, version, epoch);
}

/** The same for a version whose dot may be known: a proposal is decided anew under its dot. */
export function replacing(
  own: Siblings | undefined,
  seen: Context,
  version: Version,
  epoch: number,
): Siblings {
  const concurrent = (own?.versions ?? []).filter((other) => !covers(seen, other.dot));
  const context = own === undefined ? seen : joinContexts(own.context, seen);
  return {
    epoch: Math.max(epoch, own?.epoch ?? 0),
    context: withMinted(context, version.dot),
    versions: [...concurrent, version].sort((a, b) => compareDots(a.dot, b.dot)),
  };
}

/**
 * Keeps what both hold, and what one holds and the other's context does not cover. Commutative,
 * associative, idempotent. Returns `a` itself where `b` adds nothing, and `b` where `a` does not.
 */
export function merge(a: Siblings, b: Siblings): Siblings {
  // Mostly one of the two was made of the other.
  if (addsNothing(b, a)) return a;
  if (addsNothing(a, b)) return b;
  const versions: Version[] = [];
  for (const version of a.versions) {
    const other = find(b, version.dot);
    if (other !== undefined) versions.push(other.state === 'stub' ? other : version);
    else if (!covers(b.context, version.dot)) versions.push(version);
  }
  for (const version of b.versions) {
    if (!covers(a.context, version.dot)) versions.push(version);
  }
  versions.sort((x, y) => compareDots(x.dot, y.dot));
  return {
    epoch: Math.max(a.epoch, b.epoch),
    context: joinContexts(a.context, b.context),
    versions,
  };
}

/** Is the merge of the two `whole` itself? Then all of `part` is held or covered there. */
function addsNothing(part: Siblings, whole: Siblings): boolean {
  if (part.epoch > whole.epoch) return false;
  if (joinContexts(whole.context, part.context) !== whole.context) return false;
  for (const version of whole.versions) {
    const other = find(part, version.dot);
    if (other === undefined) {
      if (covers(part.context, version.dot)) return false;
    } else if (other.state === 'stub' && version.state !== 'stub') return false;
  }
  return true;
}

/** The merge of several states; undefined where there is none. */
export function mergeAll(states: Iterable<Siblings | undefined>): Siblings | undefined {
  let merged: Siblings | undefined;
  for (const state of states) {
    if (state !== undefined) merged = merged === undefined ? state : merge(merged, state);
  }
  return merged;
}

/** The version under `dot`, where it is held. By halves: nothing but bytes limits their number. */
export function find({ versions }: Siblings, dot: Dot): Version | undefined {
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const version = versions[middle];
    if (version === undefined || sameDot(version.dot, dot)) return version;
    if (compareDots(version.dot, dot) < 0) low = middle + 1;
    else high = middle;
  }
  return undefined;
}

/**
 * The versions that a reader sees: values whose time has not ended.
 * @param nowMilliseconds undefined where no clock can be trusted: then no time has ended
 */
export function liveVersions(
  siblings: Siblings | undefined,
  nowMilliseconds: number | undefined,
): Version[] {
  if (siblings === undefined) return [];
  return siblings.versions.filter(
    (version) =>
      version.state === 'value' &&
      (version.expiresAt === undefined ||
        nowMilliseconds === undefined ||
        version.expiresAt > nowMilliseconds),
  );
}

/** Is what a reader sees of it the same at all times? */
export function isLasting(state: Siblings | undefined): boolean {
  const [version] = state?.versions ?? [];
  return state?.versions.length === 1 && version?.expiresAt === undefined;
}

/**
 * What replicas compare: the dots held and whether each is a stub, not the contexts, which settle
 * never (docs/architecture.md, R3). Empty for an absent key.
 */
export function fingerprint(siblings: Siblings | undefined): string {
  if (siblings === undefined) return '';
  let text = '';
  for (const version of siblings.versions) {
    text += `${dotText(version.dot)}${version.state === 'stub' ? '!' : ';'}`;
  }
  return text;
}

/** How many of the versions that one fingerprint names another does not, or names alive. */
export function versionsBehind(behind: string, whole: string): number {
  const held = new Set(behind.match(FINGERPRINTED));
  return (whole.match(FINGERPRINTED) ?? []).filter((version) => !held.has(version)).length;
}
