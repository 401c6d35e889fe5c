/** What the session of a read has seen, as every replica is asked for it. */
import { type DotSet, encodeDots, NO_DOTS } from '../../versioning/dot-set.js';

/** Encoded once, for all replicas that are asked. */
export interface AskedDots {
  readonly dots: DotSet;
  readonly bytes: Uint8Array;
}

export function askedDots(dots: DotSet): AskedDots {
  return { dots, bytes: encodeDots(dots) };
}

export const NO_DOTS_ASKED = askedDots(NO_DOTS);
