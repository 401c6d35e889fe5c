/**
 * What a causal writer had seen, as it lies in the version that it wrote: whoever reads that at
 * `causal` has from then on seen it, too (docs/consistency.md, Sessions).
 */
import { decodeToken, encodeToken } from './session-seal.js';
import { bounded, joinTokens, NOTHING_SEEN_YET, type SessionToken } from './session-token.js';

/** Beyond it partitions become flags, as in tokens; flags of 4,096 partitions take a bit more. */
const PAST_BYTES_MAX = 1024;

/** Undefined where nothing was seen: then nothing is stored. */
export function encodePast(token: SessionToken): Uint8Array | undefined {
  if (token.floors.size === 0) return undefined;
  return encodeToken(bounded(token, PAST_BYTES_MAX, (one) => encodeToken(one).length));
}

/** What the writer of one version had seen. */
export function decodePast(past: Uint8Array | undefined): SessionToken {
  return past === undefined ? NOTHING_SEEN_YET : decodeToken(past);
}

/** What all of them had seen. */
export function joinPasts(pasts: readonly (Uint8Array | undefined)[]): SessionToken {
  return pasts.map(decodePast).reduce(joinTokens, NOTHING_SEEN_YET);
}
