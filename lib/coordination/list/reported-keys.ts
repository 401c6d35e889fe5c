/** What nodes have said of the keys of a list, and which of them are shown. Part of `ListCore`. */
import { compareUtf8 } from '../../encoding/utf8-order.js';
import type { KeyInPage, ListCoreOptions, ReportedKey } from './list-effects.js';

/** Behind all keys. */
export const END = Symbol('end');
/** Up to this key all is known, or up to the end. */
export type KeyPlace = string | typeof END;

/** What was said of one key. */
interface Reports {
  /** Did a node say that it holds one value without an end? */
  isPlain: boolean;
  /** What the other nodes said: states without their values. */
  readonly states: Uint8Array[];
}

export class ReportedKeys {
  readonly #options: Pick<ListCoreOptions, 'limit' | 'isLive'>;
  readonly #reports = new Map<string, Reports>();

  constructor(options: Pick<ListCoreOptions, 'limit' | 'isLive'>) {
    this.#options = options;
  }

  add({ key, state }: ReportedKey): void {
    const reports = this.#reports.get(key) ?? { isPlain: false, states: [] };
    this.#reports.set(key, reports);
    if (state === undefined) reports.isPlain = true;
    else reports.states.push(state);
  }

  /** What is to be shown up to a place, in order: one more than the page takes, if there is. */
  upTo(place: KeyPlace): KeyInPage[] {
    const known = [...this.#reports].filter(([key]) => comparePlaces(key, place) <= 0);
    known.sort(([a], [b]) => compareUtf8(a, b));
    const keys: KeyInPage[] = [];
    for (const [key, { isPlain, states }] of known) {
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
