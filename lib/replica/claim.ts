/**
 * The claim of a blind write: what it takes of the concurrent versions that it found, as a
 * tombstone with a dot of its own (architecture.md, W7). It never carries the value, so nothing is
 * executed twice. Pure.
 */
import { greatestOf } from '../encoding/extremes.js';
import { type Context, joinContexts, joinDot, type Seen, without } from '../versioning/context.js';
import { covers, EMPTY_CONTEXT } from '../versioning/context.js';
import { type Dot, sameDot } from '../versioning/dot.js';
import { type DroppedVersion, droppedVersion, unreadVersion } from '../resolution/audit-entry.js';
import { stampAfter } from '../versioning/hybrid-clock.js';
import { find, type Siblings, stampOf, type Version, write } from '../versioning/siblings.js';
import type { BlindReport, ConcurrentVersion } from './blind-report.js';

export interface Claim {
  /** Of the blind write. */
  readonly of: Dot;
  /** What it takes, tombstones and stubs among it. */
  readonly taken: readonly ConcurrentVersion[];
  /** Each taken whole: all that was held beside is dropped, and all that was known joined. */
  readonly reports: readonly BlindReport[];
  readonly epoch: number;
}

export interface Claimed {
  readonly dot: Dot;
  readonly siblings: Siblings;
  /** What was live; with its value where the own record held it. */
  readonly replaced: readonly DroppedVersion[];
  /** What the writer has seen by now: the context of its answer. */
  readonly seen: Seen;
}

/**
 * The state of the key once the claim is made: what was taken is dropped, the blind write and what
 * was left stay.
 * @param own holds the blind write, or covers it
 * @param seen what the writer had seen before
 * @param hybrid by the clock of this node
 */
export function claimOn(
  own: Siblings,
  { of, taken, reports, epoch }: Claim,
  seen: Seen,
  dot: Dot,
  hybrid: number,
): Claimed {
  const isDropped = (version: Version): boolean =>
    taken.some((one) => sameDot(one.dot, version.dot)) ||
    reports.some(
      (report) => covers(report.context, version.dot) && !holds(report, of, version.dot),
    );
  const base = {
    epoch: own.epoch,
    context: reports.reduce((all, { context }) => joinContexts(all, context), own.context),
    versions: own.versions.filter((version) => !isDropped(version)),
  };
  const met = [...taken, ...reports.flatMap(({ beside }) => beside)];
  const highest = greatestOf([stampOf(own), ...met.map(({ stamp }) => stamp)]);
  const tombstone = tombstoneUnder(dot, stampAfter(hybrid, highest));
  const siblings = write(base, EMPTY_CONTEXT, tombstone, epoch);
  const left = base.versions.flatMap((version) => (sameDot(version.dot, of) ? [] : version.dot));
  let after: Context = seen;
  for (const report of reports) after = joinContexts(after, without(report.context, left));
  for (const one of taken) after = joinDot(after, one.dot);
  const live = taken.filter(({ state }) => state === 'value');
  const replaced = live.map((one) => {
    const held = find(own, one.dot);
    return held === undefined ? unreadVersion(one.dot, one.stamp) : droppedVersion(held);
  });
  return { dot, siblings, replaced, seen: { ...joinDot(after, dot), stamp: tombstone.writtenAt } };
}

function holds({ live, beside }: BlindReport, of: Dot, dot: Dot): boolean {
  return sameDot(of, dot) ? live : beside.some((one) => sameDot(one.dot, dot));
}

function tombstoneUnder(dot: Dot, writtenAt: number): Version {
  const value = new Uint8Array(0);
  return { dot, state: 'tombstone', contentType: '', value, writtenAt, expiresAt: undefined };
}
