/**
 * Operations that take effect once, however often they are proposed, and by whom: the state of the
 * key itself says what became of them (docs/consensus.md, K20).
 */
import { covers, EMPTY_CONTEXT } from '../versioning/context.js';
import type { Dot } from '../versioning/dot.js';
import type { Siblings } from '../versioning/siblings.js';

/** The two dots that stand for an operation, fixed before it is proposed for the first time. */
export interface Once {
  /** Of the version that it writes. */
  readonly dot: Dot;
  /** Of no version: a state that covers it says that the operation was ended without effect. */
  readonly end: Dot;
}

/** Has the clock of the partition the dot? */
export type HasSeen = (dot: Dot) => boolean;

/** `forgotten`: the record that knew it was collected. Whether it took effect cannot be known. */
export type OnceState = 'open' | 'applied' | 'ended' | 'forgotten';

export function onceStateOf(
  { dot, end }: Once,
  state: Siblings | undefined,
  hasSeen: HasSeen,
): OnceState {
  const context = state?.context ?? EMPTY_CONTEXT;
  if (covers(context, end)) return 'ended';
  if (covers(context, dot)) return 'applied';
  return hasSeen(dot) ? 'forgotten' : 'open';
}
