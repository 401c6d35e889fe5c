/** Conditions of writes: at which level they are checked, and what is answered where one fails. */
import type { Condition } from '../../consensus/decision.js';
import { OperatingError } from '../../errors.js';
import { dotText } from '../../versioning/dot.js';
import { liveVersions, type Siblings } from '../../versioning/siblings.js';
import { majority } from '../../replication/quorum.js';
import {
  type ConsistencyLevel,
  isStrong,
  type LevelName,
  parseLevel,
  STRONG,
} from '../request/level.js';
import { ConditionUnmet } from './level-paths.js';
import type { PutRequest } from '../request/request.js';

/**
 * The level, then its fallbacks.
 * @throws OperatingError `invalid_level`: also of one that is weaker than a condition
 */
export function levelsOf(
  { level, fallbacks, precondition }: Pick<PutRequest, 'level' | 'fallbacks' | 'precondition'>,
  byDefault: string,
  operation: 'read' | 'write',
): ConsistencyLevel[] {
  const asked = level ?? (precondition === undefined ? byDefault : STRONG);
  const levels = [asked, ...fallbacks].map((text) => parseLevel(text, operation));
  const weaker = levels.find((one) => !isStrong(one));
  if (precondition === undefined || weaker === undefined) return levels;
  const message = 'a condition is checked and the value written in one step: that is "strong"';
  throw new OperatingError('invalid_level', message, {
    details: { received: weaker.name, required: STRONG },
  });
}

/**
 * Levels whose promises a write at `strong` keeps, too: it stores what its writer had seen as one
 * at `causal` does, and a write at `bounded-staleness` is one at quorum.
 */
const WITHIN_STRONG: ReadonlySet<string> = new Set<LevelName>([
  ...(['any', 'eventual', 'one', 'local-one', 'quorum', 'strong'] as const),
  ...(['session', 'causal', 'bounded-staleness'] as const),
]);
const COUNTS: Readonly<Record<string, number>> = { two: 2, three: 3 };

function isWithinStrong({ name }: ConsistencyLevel, replicas: number): boolean {
  return WITHIN_STRONG.has(name) || (COUNTS[name] ?? Number(name)) <= majority(replicas);
}

/**
 * The level of a write that names none: `strong`, where it takes effect once and the default
 * promises what `strong` does not.
 */
export function writeLevelOf(
  { once }: Pick<PutRequest, 'once'>,
  byDefault: string,
  replicas: number,
): string {
  if (once === undefined || isWithinStrong(parseLevel(byDefault, 'write'), replicas)) {
    return byDefault;
  }
  return STRONG;
}

/**
 * A write that takes effect once is decided at `strong`, whatever level it names.
 * @throws OperatingError `invalid_level` of one that promises what `strong` does not
 */
export function assertOnce(levels: readonly ConsistencyLevel[], replicas: number): void {
  const other = levels.find((level) => !isWithinStrong(level, replicas));
  if (other === undefined) return;
  const { name } = other;
  const message =
    `a write with an Idempotency-Key is decided at "strong", and "${name}" promises what that ` +
    'does not: name another level with it';
  throw new OperatingError('invalid_level', message, {
    details: { received: name, required: STRONG },
  });
}

export function conditionOf({ precondition }: PutRequest): Condition | undefined {
  if (precondition?.is !== 'version') return precondition;
  return { is: 'match', values: precondition.versions.map((version) => `${version};`) };
}

/** The error as a client sees it: of a condition that does not hold, with what is there. */
export function unmetOf(
  error: unknown,
  key: string,
  contextOf: (record: Siblings | undefined) => string,
): unknown {
  if (!(error instanceof ConditionUnmet)) return error;
  const { record, code, message } = error;
  const values = liveVersions(record, undefined);
  const [version] = values.length === 1 ? values : [];
  const one =
    version === undefined
      ? {}
      : { version: dotText(version.dot), content_type: version.contentType };
  const details = { key, context: contextOf(record), siblings: values.length, ...one };
  return new OperatingError(code, message, { details });
}
