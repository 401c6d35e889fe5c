/** What nodes have said of the keys of a list, and which of them are shown. Part of `ListCore`. */
import { compareUtf8 } from '../../encoding/utf8-order.js';
import type { KeyInPage, ListCoreOptions, ReportedKey } from './list-effects.js';

/** Behind all keys. */
export const END = Symbol('end');
/** Up to this key all is known, or up to the end. */
export type KeyPlace = string | typeof END;

/** What one stream said of a key. */
interface Report {
  /** The stream: what it said of a partition may be withdrawn. */
  readonly by: object;
  /** The state without its values; undefined: one value without an end. */
  readonly state: Uint8Array | undefined;
}

export class ReportedKeys {
  readonly #options: Pick<ListCoreOptions, 'limit' | 'isLive' | 'partitionOf'>;
  readonly #reports = new Map<string, Report[]>();

  constructor(options: Pick<ListCoreOptions, 'limit' | 'isLive' | 'partitionOf'>) {
    this.#options = options;
  }

  add({ key, state }: ReportedKey, by: object): void {
    const reports = this.#reports.get(key);
    if (reports === undefined) this.#reports.set(key, [{ by, state }]);
    else reports.push({ by, state });
  }

  /** What a stream said of a partition counts no more. */
  withdraw(by: object, partition: number): void {
    for (const [key, reports] of this.#reports) {
      if (this.#options.partitionOf(key) !== partition) continue;
      const left = reports.filter((report) => report.by !== by);
      if (left.length === 0) this.#reports.delete(key);
      else if (left.length < reports.length) this.#reports.set(key, left);
    }
  }

  /** What is to be shown up to a place, in order: one more than the page takes, if there is. */
  upTo(place: KeyPlace): KeyInPage[] {
    const known = [...this.#reports].filter(([key]) => comparePlaces(key, place) <= 0);
    known.sort(([a], [b]) => compareUtf8(a, b));
    const keys: KeyInPage[] = [];
    for (const [key, reports] of known) {
      const states = reports.flatMap(({ state }) => state ?? []);
      const isPlain = states.length < reports.length;
      const isOpen = isPlain && states.length > 0;
      if (isOpen || isPlain || this.#options.isLive(key, states)) keys.push({ key, isOpen });
      if (keys.length > this.#options.limit) break;
    }
    return keys;
  }
}

/** Below 0 where `one` lies before `other`. */
export function comparePlaces(one: KeyPlace, other: KeyPlace): number {
  if (one === other) return 0;
  if (one === END) return 1;
  return other === END ? -1 : compareUtf8(one, other);
}
