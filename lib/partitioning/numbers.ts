/** Small help with lists of numbers that placement is made of. */
import { assert } from '../errors.js';

/** The element at `index`, which must be there. */
export function at<T>(values: ArrayLike<T>, index: number): T {
  const value = values[index];
  assert(value !== undefined, 'the index is within the list');
  return value;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The integers from 0 to `count` - 1. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/**
 * A stream of integers, `next(limit)` in 0 to `limit` - 1, the same in every process: placement is
 * scattered, yet a pure function of its input. (The generator is Mulberry32, public domain.)
 */
export function scatter(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
  };
}
