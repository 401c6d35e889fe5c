/**
 * What becomes of the versions concurrent with a blind write, once its level is reached: taken,
 * left, or waited for (docs/architecture.md, W7). Pure.
 */
import {
  type BlindReport,
  isAbove,
  type ConcurrentVersion,
  type Stamped,
} from '../../replica/blind-report.js';
import { covers } from '../../versioning/context.js';
import { dotText } from '../../versioning/dot.js';

/** So long it waits for the last primaries before it leaves what only they can allow. */
export const LAST_ACKS_MILLISECONDS = 100;

export interface BlindWriteState {
  /** The blind write. */
  readonly version: Stamped;
  /** What the own record holds now. */
  readonly own: BlindReport;
  /** What came with the acknowledgements of others. */
  readonly reports: readonly BlindReport[];
  /** Has every primary acknowledged it? */
  readonly isComplete: boolean;
  /** May an acknowledgement that is missing still come? */
  readonly mayWait: boolean;
}

interface Takings {
  readonly taken: readonly ConcurrentVersion[];
  /** Whose contexts go with it. */
  readonly reports: readonly BlindReport[];
}

interface Leavings {
  /** Live, found beside it, and not taken. */
  readonly left: readonly ConcurrentVersion[];
}

export type BlindWriteDecision =
  | { readonly do: 'wait' }
  | ({ readonly do: 'answer' } & Leavings)
  | ({ readonly do: 'claim' } & Takings & Leavings);

const NONE: Takings = { taken: [], reports: [] };
const ALONE: BlindWriteDecision = { do: 'answer', left: [] };

/** By its text, so that what several replicas hold is one. */
type ByDot = ReadonlyMap<string, ConcurrentVersion>;

export function decideBlindWrite(met: BlindWriteState): BlindWriteDecision {
  const { version, own, reports, isComplete, mayWait } = met;
  // Mostly nobody holds anything else.
  if (own.beside.length === 0 && reports.length === 0) return ALONE;
  const all = [own, ...reports];
  const beside = besideOf(own, reports);
  const live = [...beside.values()].filter(({ state }) => state === 'value');
  if (live.length === 0) return { do: 'answer', left: [] };
  // Of two that race one goes: the lower one, or the higher one where nobody can be taking this.
  const isFree = all.every((report) => report.live && !report.open);
  const takesAll = isComplete && isFree;
  const isHigher = (one: Stamped): boolean => isAbove(one, version);
  if (!takesAll && isFree && mayWait && live.some(isHigher)) return { do: 'wait' };
  const isTakeable = (one: Stamped): boolean => takesAll || !isHigher(one);
  const whole = reports.filter((report) => isWhole(report, beside, isTakeable));
  const held = new Set([own, ...whole].flatMap((report) => report.beside.map(nameOf)));
  const taken = [...beside.values()].filter((one) => isTakeable(one) && held.has(nameOf(one)));
  const claim = taken.some(({ state }) => state === 'value') ? { taken, reports: whole } : NONE;
  const left = live.filter((one) => isLeft(one, version, all, claim));
  return claim === NONE ? { do: 'answer', left } : { do: 'claim', ...claim, left };
}

/**
 * What is held beside it, less what the own record has superseded by now. Tombstones and stubs beat
 * values.
 */
function besideOf(own: BlindReport, reports: readonly BlindReport[]): ByDot {
  const ownNames = new Set(own.beside.map(nameOf));
  const beside = new Map<string, ConcurrentVersion>();
  for (const one of [own, ...reports].flatMap((report) => report.beside)) {
    const name = nameOf(one);
    if (covers(own.context, one.dot) && !ownNames.has(name)) continue;
    if (beside.get(name)?.state === undefined || one.state !== 'value') beside.set(name, one);
  }
  return beside;
}

/**
 * A report is taken whole or not at all: its context vouches for all that its replica held, so
 * nothing live of it may be left.
 */
function isWhole(
  { beside }: BlindReport,
  all: ByDot,
  isTakeable: (one: Stamped) => boolean,
): boolean {
  const open = beside.flatMap((one) => all.get(nameOf(one)) ?? []);
  return open.length > 0 && open.every((one) => one.state !== 'value' || isTakeable(one));
}

/** Was it found beside the write, and does it stay? What has superseded the write is not beside. */
function isLeft(
  one: ConcurrentVersion,
  version: Stamped,
  all: readonly BlindReport[],
  { taken, reports }: Takings,
): boolean {
  const name = nameOf(one);
  if (taken.some((other) => nameOf(other) === name)) return false;
  const holds = ({ beside }: BlindReport): boolean => beside.some((met) => nameOf(met) === name);
  if (reports.some((report) => covers(report.context, one.dot) && !holds(report))) return false;
  return !isAbove(one, version) || all.some((report) => report.live && holds(report));
}

function nameOf({ dot }: Stamped): string {
  return dotText(dot);
}
