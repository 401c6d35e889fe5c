/** Is an answer as new as it says? (docs/consistency.md, Bounded staleness). */
import { BOUNDED, levelName } from '../../lib/coordination/request/level.js';
import type { KeyHistory } from './key-history.js';
import { acknowledgesMajority } from './stress-plan.js';
import type { StressPlan } from './stress-plan.js';

export interface ShownBound {
  readonly milliseconds: number;
  readonly scope: string;
}

const BOUND = /^(\d+); scope=(all|quorum)$/;

/** As `X-Staleness-Bound` tells it; undefined: it is none. */
export function boundOf(text: string | undefined): ShownBound | undefined {
  const [, milliseconds, scope = ''] = BOUND.exec(text ?? '') ?? [];
  return milliseconds === undefined ? undefined : { milliseconds: Number(milliseconds), scope };
}

export class BoundJudge {
  readonly #isBounded: boolean;
  readonly #scopes: ReadonlySet<string>;

  constructor({ readLevel, writeLevel }: Pick<StressPlan, 'readLevel' | 'writeLevel'>) {
    this.#isBounded = levelName(readLevel) === BOUNDED;
    // What a stand-in alone has taken is outside of every bound.
    const mayBeStandIn = ['any', 'eventual'].includes(levelName(writeLevel));
    const scopes = mayBeStandIn ? [] : ['all'];
    this.#scopes = new Set(acknowledgesMajority(writeLevel) ? [...scopes, 'quorum'] : scopes);
  }

  /**
   * @param values what the read found; they were judged before
   * @param began when it left, in milliseconds, on the clock of the key's history
   * @param text its `X-Staleness-Bound`
   * @returns what is wrong with the answer
   */
  judge(
    key: KeyHistory,
    values: readonly unknown[],
    began: number,
    text: string | undefined,
  ): string | undefined {
    if (!this.#isBounded) return undefined;
    const bound = boundOf(text);
    if (bound === undefined) return `its bound is no bound: ${text ?? 'none'}`;
    if (!this.#scopes.has(bound.scope)) return undefined;
    const wrong = key.judgeNewest(values, key.floorAt(began - bound.milliseconds));
    return wrong && `${wrong} before the ${text} that it names`;
  }
}
