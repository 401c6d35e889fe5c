/** A list of keys that says how it came about: which node named how many keys. */
import type { OperatingError } from '../../errors.js';
import { ListCore } from './list-core.js';
import type { ReportedPage, ListCoreOptions, ListEffect } from './list-effects.js';
import type { Course, Explanation, Step } from '../request/explanation.js';
import { refusalShown } from '../request/shown.js';

/** The course of a list; with an explanation it is written down there. */
export function listCoreOf(
  options: ListCoreOptions,
  level: string,
  explanation?: Explanation,
): ListCore {
  return explanation === undefined
    ? new ListCore(options)
    : new ExplainedListCore(options, level, explanation);
}

class ExplainedListCore extends ListCore {
  readonly #course: Course;
  /** By the number of the question. */
  readonly #steps = new Map<number, Step | undefined>();

  constructor(options: ListCoreOptions, level: string, explanation: Explanation) {
    super(options);
    const { partitions, limit } = options;
    this.#course = explanation.begin('list', { level, partitions: partitions.length, limit });
  }

  override begin(): readonly ListEffect[] {
    return this.#saw(super.begin());
  }

  override said(ask: number, page: ReportedPage): readonly ListEffect[] {
    const { keys, reached, obstructed } = page;
    this.#steps.get(ask)?.answered({
      keys: keys.length,
      reached: reached ?? 'the end',
      obstructed: obstructed.length || undefined,
    });
    return this.#saw(super.said(ask, page));
  }

  override failed(ask: number, why?: OperatingError): readonly ListEffect[] {
    this.#steps.get(ask)?.answered(refusalShown(why));
    return this.#saw(super.failed(ask, why));
  }

  override elapsed(): readonly ListEffect[] {
    return this.#saw(super.elapsed());
  }

  #saw(effects: readonly ListEffect[]): readonly ListEffect[] {
    for (const effect of effects) this.#note(effect);
    return effects;
  }

  #note(effect: ListEffect): void {
    switch (effect.do) {
      case 'ask': {
        const { ask, node, after, limit, partitions } = effect;
        const shown = { partitions: partitions.length, after: after || undefined, limit };
        this.#steps.set(ask, this.#course.ask('ask', node, shown));
        break;
      }
      case 'count hedges':
        this.#course.note('hedge', { count: effect.count });
        break;
      case 'answer': {
        const { keys, answered } = effect.page;
        const read = keys.filter(({ isOpen }) => isOpen).length;
        const shown = { keys: keys.length, to_be_read: read || undefined, answered };
        this.#course.end('answer', shown);
        break;
      }
      case 'refuse':
        this.#course.end('refuse', refusalShown(effect.error));
        break;
    }
  }
}
