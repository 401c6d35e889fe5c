/** The table of strategies: what may become of siblings (docs/consistency.md, Conflicts). */
import { type CustomResolver, customStrategy } from './custom.js';
import { greatest } from './greatest.js';
import { jsonMerge } from './json-merge.js';
import { lastWriter } from './last-writer.js';
import { setUnion } from './set-union.js';
import type { Strategy } from './strategy.js';

/** They stay until somebody who has read them writes: nothing is decided for the clients. */
const keep: Strategy = () => undefined;

const BUILT_IN = {
  siblings: keep,
  'last-writer': lastWriter,
  'set-union': setUnion,
  max: greatest,
  'json-merge': jsonMerge,
} as const satisfies Readonly<Record<string, Strategy>>;

export type StrategyName = keyof typeof BUILT_IN | 'custom';
export const STRATEGY_NAMES = [
  ...(Object.keys(BUILT_IN) as (keyof typeof BUILT_IN)[]),
  'custom',
] as const satisfies readonly StrategyName[];

/** Of all siblings together. To take more apart would hold up everything else on the node. */
const TAKEN_APART_BYTES_MAX = 2 * 1024 * 1024;

/** Bytes that the siblings of a key may have together, for the strategy to resolve them. */
export function siblingBytesMaxOf(name: StrategyName): number {
  const takesApart = name === 'set-union' || name === 'max' || name === 'json-merge';
  return takesApart ? TAKEN_APART_BYTES_MAX : Number.POSITIVE_INFINITY;
}

/** Undefined: `custom`, on a node that was given no function. */
export function strategyOf(
  name: StrategyName,
  custom: CustomResolver | undefined,
): Strategy | undefined {
  if (name !== 'custom') return BUILT_IN[name];
  return custom === undefined ? undefined : customStrategy(custom);
}
