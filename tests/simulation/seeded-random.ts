/**
 * Chance from a seed: sfc32 (Chris Doty-Humphrey, PractRand), with the draws that a simulation
 * needs.
 */
import type { Random } from '../../lib/environment/random.js';
import { hash32Text } from '../../lib/encoding/hash.js';

const WARM_UP = 12;

export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Streams of the same seed and different purposes are independent. */
  constructor(seed: number, purpose: string) {
    this.#a = hash32Text(purpose, 1) | 0;
    this.#b = hash32Text(`${seed}`, 2) | 0;
    this.#c = hash32Text(`${seed} ${purpose}`, 3) | 0;
    for (let i = 0; i < WARM_UP; i += 1) this.#next();
  }

  fraction(): number {
    return (this.#next() >>> 0) / 4_294_967_296;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.#next() & 255);
  }

  /** Uniform in [from, to). */
  between(from: number, to: number): number {
    return from + (to - from) * this.fraction();
  }

  /** A whole number, 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor(this.fraction() * count);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** One of them. */
  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new Error('there is nothing to pick from');
    return choice;
  }

  /** As many of them as chance wants, in any order. */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i -= 1) {
      const j = this.below(i + 1);
      const [x, y] = [shuffled[i], shuffled[j]];
      if (x !== undefined && y !== undefined) [shuffled[i], shuffled[j]] = [y, x];
    }
    return shuffled;
  }

  /** Waiting times of events that come `mean` apart. */
  exponential(mean: number): number {
    return -Math.log(1 - this.fraction()) * mean;
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum;
  }
}
