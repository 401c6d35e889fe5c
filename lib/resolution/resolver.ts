/** Resolves siblings by the name of a strategy; says so where one breaks its contract. */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { Version } from '../versioning/siblings.js';
import { resolveChecked, type CheckedResolution } from './checked.js';
import type { CustomResolver } from './custom.js';
import { siblingBytesMaxOf, type StrategyName, strategyOf } from './strategies.js';
import type { Resolved, Strategy } from './strategy.js';

export interface ResolverOptions {
  readonly clock: Clock;
  readonly observer: Observer;
  /** From the module that the configuration names; undefined where it names none. */
  readonly custom: CustomResolver | undefined;
  /** What a value may have, whoever makes it. */
  readonly valueBytesMax: number;
  /** A custom function that takes longer, all its checks together, is left alone for a while. */
  readonly customTimeMaxMilliseconds: number;
}

/** A function that took too long would otherwise hold up the node at every read. */
const REST_MILLISECONDS = 60_000;

const resting: Strategy = () => {
  throw new Error('the function took too long; it is not called for a minute');
};

export class Resolver {
  readonly #options: ResolverOptions;
  #customRestsUntil = Number.NEGATIVE_INFINITY;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  get hasCustom(): boolean {
    return this.#options.custom !== undefined;
  }

  /** Undefined: they stay siblings. */
  resolve(name: StrategyName, siblings: readonly Version[]): Resolved | undefined {
    const verdict = this.#verdict(name, siblings);
    const { observer } = this.#options;
    observer.count('quorate_resolutions_total', { strategy: name, result: verdict.kind });
    if (verdict.kind === 'resolved') return verdict.resolved;
    if (verdict.kind === 'refused') {
      const { reason } = verdict;
      observer.log('warn', 'siblings stay: their resolution was refused', {
        ...{ strategy: name, siblings: siblings.length, reason },
      });
    }
    return undefined;
  }

  #verdict(name: StrategyName, siblings: readonly Version[]): CheckedResolution {
    const { clock, custom, valueBytesMax, customTimeMaxMilliseconds } = this.#options;
    const strategy = strategyOf(name, custom);
    const begun = clock.monotonicMilliseconds();
    const rests = name === 'custom' && begun < this.#customRestsUntil;
    const bytesMax = siblingBytesMaxOf(name);
    const verdict = resolveChecked(rests ? resting : strategy, siblings, bytesMax);
    const took = clock.monotonicMilliseconds() - begun;
    if (name === 'custom' && took > customTimeMaxMilliseconds) {
      this.#customRestsUntil = begun + took + REST_MILLISECONDS;
      const reason = `it took ${Math.ceil(took)} ms; it is asked again in a minute`;
      return { kind: 'refused', reason };
    }
    if (verdict.kind === 'resolved' && verdict.resolved.value.length > valueBytesMax) {
      return { kind: 'refused', reason: 'the result is larger than a value may be' };
    }
    return verdict;
  }
}
