/** Reports what another build stored, where it is found after the start (architecture.md, S1). */
import type { Observer } from '../environment/observer.js';
import { isUnknownFormat } from '../errors.js';

/** Counts each time; the log has each format once, with the one that is known here. */
export class UnknownFormats {
  readonly #observer: Observer;
  readonly #reported = new Set<unknown>();

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  /** The bytes stay as they are, whoever calls: only a newer build can read them. */
  note(error: unknown): void {
    if (!isUnknownFormat(error)) return;
    this.#observer.count('quorate_unknown_formats_total');
    const { stored, known } = error.details;
    if (this.#reported.has(stored)) return;
    this.#reported.add(stored);
    this.#observer.log('error', 'stored by another version of quorate: left as it is', {
      ...{ stored, known, reason: error.message },
    });
  }
}
