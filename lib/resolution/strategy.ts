/** What a strategy is: siblings in, one value out, or nothing where it cannot (Dynamo 4.4, 6.1). */
import { JSON_TYPE } from '../encoding/json-text.js';
import { compareDots } from '../versioning/dot.js';
import { latestEnd, type Version } from '../versioning/siblings.js';

export interface Resolved {
  readonly contentType: string;
  readonly value: Uint8Array;
  /** Wall milliseconds at which the value ends, if ever. */
  readonly expiresAt: number | undefined;
}

/**
 * Pure. The order in which the siblings are given says nothing.
 * Undefined: these values are not of the shape that it resolves; they stay siblings.
 */
export type Strategy = (siblings: readonly Version[]) => Resolved | undefined;

/** By the writers' clocks, dots where those agree: the earliest first. */
export function byTime(siblings: readonly Version[]): Version[] {
  return siblings.toSorted((a, b) => a.writtenAt - b.writtenAt || compareDots(a.dot, b.dot));
}

/** JSON text as a value. */
export function jsonResolved(text: string, siblings: readonly Version[]): Resolved {
  return {
    contentType: JSON_TYPE,
    value: Buffer.from(text, 'utf8'),
    expiresAt: latestEnd(siblings),
  };
}
