/** Chance from a seed, in the forms that hostile inputs are made of. */
import { SeededRandom } from '../unit/fakes.js';

export class Chance {
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.#random.fraction() * end);
  }

  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(list: readonly T[]): T {
    const one = list[this.below(list.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  }

  bytes(count: number): Buffer {
    return Buffer.from(this.#random.bytes(count));
  }

  /** Short mostly, and sometimes long. */
  length(): number {
    return this.oneIn(20) ? this.below(20_000) : this.below(300);
  }

  /** Texts that are longer in bytes than they look, end lines, or are not whole. */
  text(): string {
    const unit = this.pick(['é', '\u{1f600}', 'a', '\r\n', '\0', '\ud800', '"', '\u202e', '%s']);
    return unit.repeat(this.pick([1, 41, 100, 123, 124, 1_000]));
  }

  /** Bytes with a few of them changed, cut, doubled or put in. */
  mutated(bytes: Uint8Array): Buffer {
    let result = Buffer.from(bytes);
    const changes = 1 + this.below(4);
    for (let n = 0; n < changes; n += 1) {
      const at = this.below(result.length + 1);
      const rest = result.subarray(at);
      const kinds = [
        () => Buffer.concat([result.subarray(0, at), this.bytes(1), rest.subarray(1)]),
        () => result.subarray(0, at),
        () => Buffer.concat([result.subarray(0, at), this.bytes(this.below(9)), rest]),
        () => Buffer.concat([result.subarray(0, at), rest.subarray(this.below(9))]),
        () => Buffer.concat([result, rest]),
      ];
      result = Buffer.from(this.pick(kinds)());
    }
    return result;
  }

  /** A value that is plain data of any kind. */
  value(depth = 3): unknown {
    const kinds: (() => unknown)[] = [
      () => null,
      () => this.oneIn(2),
      () => this.pick([0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e300, -0, 65_536, 255]),
      () => this.text(),
      () => '',
      () => this.bytes(this.below(40)),
    ];
    if (depth > 0) {
      kinds.push(
        () => Array.from({ length: this.below(5) }, () => this.value(depth - 1)),
        () => Object.fromEntries([[this.pick(['a', '__proto__', 'key']), this.value(depth - 1)]]),
      );
    }
    return this.pick(kinds)();
  }

  /** The same value with one part of it replaced, taken away or doubled. */
  changed(value: unknown): unknown {
    if (this.oneIn(6)) return this.value();
    if (Array.isArray(value) && value.length > 0) {
      const list: unknown[] = [...value];
      const at = this.below(list.length);
      const kinds: (() => unknown)[] = [
        () => list.splice(at, 1),
        () => list.push(...list.slice(0, 100)),
        ...Array.from({ length: 4 }, () => () => list.splice(at, 1, this.changed(list[at]))),
      ];
      this.pick(kinds)();
      return list;
    }
    const isFields = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
    if (!isFields || Object.keys(value).length === 0) return this.value();
    const entries = Object.entries(value);
    const at = this.below(entries.length);
    const [name, inner] = entries[at] ?? ['', undefined];
    if (this.oneIn(6)) entries.splice(at, 1);
    else entries[at] = [this.oneIn(8) ? this.text() : name, this.changed(inner)];
    return Object.fromEntries(entries);
  }
}
