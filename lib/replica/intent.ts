/** What a writer wants of a key, and what it comes to on the state that a replica holds (W2). */
import { OperatingError } from '../errors.js';
import type { Context, Seen } from '../versioning/context.js';
import { covers, EMPTY_CONTEXT, joinContexts, seenAfter } from '../versioning/context.js';
import type { Dot } from '../versioning/dot.js';
import { type DroppedVersion, droppedVersion, unreadVersion } from '../resolution/audit-entry.js';
import { compareDots, dotText, sameDot } from '../versioning/dot.js';
import { stampAfter } from '../versioning/hybrid-clock.js';
import type { Siblings, Version } from '../versioning/siblings.js';
import { find, latestEnd, liveVersions, stampOf, write } from '../versioning/siblings.js';

export type Change =
  | {
      readonly state: 'value';
      readonly contentType: string;
      readonly value: Uint8Array;
      /** Seconds to live; `keep` leaves the end of what is replaced. */
      readonly ttlSeconds: number | 'keep' | undefined;
      /** Of a resolution: the end of what it stands for, in wall milliseconds. */
      readonly expiresAt?: number | undefined;
    }
  | { readonly state: 'tombstone' };

export interface Intent {
  readonly change: Change;
  /** The writer's context; undefined: "replace what is there". */
  readonly seen: Seen | undefined;
  /** What was asked for first, where it was: it is replaced, too, without a context. */
  readonly known: Siblings | undefined;
  /** A resolution: the siblings that it stands for. Where they are others by now, it fails. */
  readonly resolves?: readonly Dot[] | undefined;
  readonly epoch: number;
  /** What a causal writer had seen, of all keys. */
  readonly past?: Uint8Array | undefined;
}

/** The moment of a write. */
export interface Moment {
  /** Undefined where the clock of this node is not sane. */
  readonly wallMilliseconds: number | undefined;
  /** By the hybrid clock of this node. */
  readonly hybrid: number;
}

export interface Realised {
  readonly siblings: Siblings;
  /** What the writer has seen once this is written: the context of its answer. */
  readonly seen: Seen;
  readonly dot: Dot;
  /** The live versions that were superseded; with their values where the own record held them. */
  readonly replaced: readonly DroppedVersion[];
  /** The live versions that stay beside the new one. */
  readonly beside: readonly Dot[];
}

const NONE: readonly Dot[] = [];

/**
 * The new state of a key, in which the new version has `dot`.
 * @throws OperatingError `clock_not_sane` where it has a time to live and nobody here knows what
 * time it is, `version_changed` where a resolution would not stand for what is there.
 */
export function realise(
  own: Siblings | undefined,
  intent: Intent,
  moment: Moment,
  dot: Dot,
): Realised {
  const seen = intent.seen ?? seenBlindly(own, intent.known);
  // Mostly nobody holds anything but what this replica does.
  const states = intent.known === own ? [own] : [own, intent.known];
  const superseded = supersededLive(states, seen, moment.wallMilliseconds);
  if (intent.resolves !== undefined) {
    assertUnchanged(own, seen, intent.resolves, moment.wallMilliseconds);
  }
  const end = expiry(intent.change, superseded, moment.wallMilliseconds);
  const writtenAt = stampAfter(
    moment.hybrid,
    Math.max(stampOf(own), stampOf(intent.known), intent.seen?.stamp ?? 0),
  );
  const made = versionOf(intent.change, dot, writtenAt, end);
  const version = intent.past === undefined ? made : { ...made, past: intent.past };
  const siblings = write(own, seen, version, intent.epoch);
  const { vector, beyond } = seenAfter(seen, dot, own?.context);
  return {
    siblings,
    seen: { vector, beyond, stamp: writtenAt },
    dot,
    // Mostly it is alone.
    beside: siblings.versions.length === 1 ? NONE : besideOf(siblings, dot, moment),
    replaced: superseded.map((version) => {
      const isHeld = own !== undefined && find(own, version.dot) !== undefined;
      return isHeld ? droppedVersion(version) : unreadVersion(version.dot, version.writtenAt);
    }),
  };
}

function besideOf(siblings: Siblings, own: Dot, { wallMilliseconds }: Moment): Dot[] {
  const live = liveVersions(siblings, wallMilliseconds).map(({ dot }) => dot);
  return live.filter((dot) => !sameDot(dot, own));
}

/** Nothing live that was not seen, and none of the siblings superseded meanwhile. */
function assertUnchanged(
  own: Siblings | undefined,
  seen: Context,
  resolves: readonly Dot[],
  nowMilliseconds: number | undefined,
): void {
  if (own === undefined) return;
  // One that had ended by the reader's clock, and has not by this one, was not resolved either.
  const unseen = liveVersions(own, nowMilliseconds).filter(
    ({ dot, expiresAt }) =>
      !covers(seen, dot) ||
      (expiresAt !== undefined && !resolves.some((resolved) => sameDot(resolved, dot))),
  );
  const gone = resolves.filter((dot) => {
    return covers(own.context, dot) && find(own, dot)?.state !== 'value';
  });
  if (unseen.length === 0 && gone.length === 0) return;
  throw new OperatingError('version_changed', 'the siblings were changed meanwhile', {
    details: { versions: unseen.map(({ dot }) => dotText(dot)) },
  });
}

/** All that the own record holds, and what was met. */
function seenBlindly(own: Siblings | undefined, met: Siblings | undefined): Context {
  return joinContexts(own?.context ?? EMPTY_CONTEXT, met?.context ?? EMPTY_CONTEXT);
}

function supersededLive(
  states: readonly (Siblings | undefined)[],
  seen: Context,
  nowMilliseconds: number | undefined,
): Version[] {
  const superseded: Version[] = [];
  for (const state of states) {
    for (const version of liveVersions(state, nowMilliseconds)) {
      if (covers(seen, version.dot) && isCurrent(version, states)) superseded.push(version);
    }
  }
  superseded.sort((a, b) => compareDots(a.dot, b.dot));
  // Several states may hold the same.
  return superseded.filter(({ dot }, i) => {
    const before = superseded[i - 1];
    return before === undefined || !sameDot(before.dot, dot);
  });
}

/** Not superseded, or known to be a stub, by another of the states. */
function isCurrent(version: Version, states: readonly (Siblings | undefined)[]): boolean {
  return states.every((state) => {
    if (state === undefined || !covers(state.context, version.dot)) return true;
    return find(state, version.dot)?.state === 'value';
  });
}

/** The wall milliseconds at which the new version ends, if ever. */
function expiry(
  change: Change,
  superseded: readonly Version[],
  now: number | undefined,
): number | undefined {
  if (change.state === 'tombstone') return undefined;
  if (change.ttlSeconds === undefined) return change.expiresAt;
  if (now === undefined) throw clockNotSane();
  return change.ttlSeconds === 'keep' ? latestEnd(superseded) : now + change.ttlSeconds * 1000;
}

/** A wrong clock would give a wrong end, and does not know what has ended. */
export function clockNotSane(): OperatingError {
  return new OperatingError(
    'clock_not_sane',
    'the clock of this node is not that of the cluster, so it takes no time to live',
  );
}

function versionOf(
  change: Change,
  dot: Dot,
  writtenAt: number,
  expiresAt: number | undefined,
): Version {
  if (change.state === 'value') {
    const { state, contentType, value } = change;
    return { dot, state, contentType, value, writtenAt, expiresAt };
  }
  const value = new Uint8Array(0);
  return { dot, state: 'tombstone', contentType: '', value, writtenAt, expiresAt: undefined };
}
