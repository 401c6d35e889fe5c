/**
 * The course of a background repair: all primaries are asked for fingerprints, for values only
 * where those differ, and the merge is written to those that lag (Dynamo 5). Pure: see engine.ts.
 */
import type { NodeId } from '../../environment/transport.js';
import { assert } from '../../errors.js';
import type { Plan } from '../../replication/plan.js';
import type { Standing } from '../../replication/quorum.js';
import { type Core, NOTHING } from '../engine/engine.js';
import type { ReadEffect } from './read-effects.js';
import { fingerprint, type Siblings } from '../../versioning/siblings.js';
import { type Copy, copyOf, ReadRound } from './read-round.js';
import { RepairCore, type RepairWrite, type StoredRepair } from './repair-core.js';

export type ComparisonEffect =
  /** As a read does them. */
  | Extract<ReadEffect, { do: 'ask' | 'repair' | 'repair failed' }>
  /** Each replica that lagged holds the merge, or has failed. */
  | { readonly do: 'done' };

export interface ComparisonOptions {
  readonly plan: Plan;
  readonly timeoutMilliseconds: number;
  readonly standing: Standing;
  /** Was the repair promised? Then who does not say what it holds has failed it, too. */
  readonly isPromised: boolean;
}

/** The fingerprints have this share of the time, and the values as much: half is for the writes. */
const SHARE_OF_A_ROUND = 1 / 4;

export class ComparisonCore implements Core<ComparisonEffect> {
  now = 0;
  readonly #options: ComparisonOptions;
  readonly #rounds: ReadRound[] = [];
  #repair: RepairCore | undefined;
  #isOver = false;

  constructor(options: ComparisonOptions) {
    this.#options = options;
  }

  get isDone(): boolean {
    return this.#isOver;
  }

  get wakesAt(): number {
    const { timeoutMilliseconds } = this.#options;
    const isAsking = this.#repair === undefined;
    return isAsking
      ? timeoutMilliseconds * SHARE_OF_A_ROUND * this.#rounds.length
      : timeoutMilliseconds;
  }

  begin(): readonly ComparisonEffect[] {
    return this.#askAll('fingerprint');
  }

  said(round: number, copy: Copy): readonly ComparisonEffect[] {
    this.#rounds[round]?.took(copy);
    return this.#advance(round);
  }

  failed(round: number, node: NodeId): readonly ComparisonEffect[] {
    this.#rounds[round]?.failed(node);
    return this.#advance(round);
  }

  repaired(
    _repair: number,
    node: NodeId,
    stored: StoredRepair | undefined,
  ): readonly ComparisonEffect[] {
    const repair = this.#repair;
    if (repair === undefined || this.#isOver) return NOTHING;
    const more = this.#writes(repair, repair.answered(node, stored));
    const failure = { do: 'repair failed', node, merged: repair.merged } as const;
    const effects = stored === undefined ? [failure, ...more] : more;
    return repair.open.length === 0 ? [...effects, ...this.#done()] : effects;
  }

  elapsed(): readonly ComparisonEffect[] {
    if (this.now < this.#options.timeoutMilliseconds) return this.#goOn();
    const done = this.#done();
    const repair = this.#repair;
    if (repair === undefined) return done;
    const { merged, open } = repair;
    return [...open.map((node) => ({ do: 'repair failed', node, merged }) as const), ...done];
  }

  /** Whoever is silent must not keep the others from their repair. */
  #goOn(): readonly ComparisonEffect[] {
    if (this.now < this.wakesAt) return NOTHING;
    const number = this.#rounds.length - 1;
    this.#rounds[number]?.giveUp();
    return this.#advance(number);
  }

  #done(): readonly ComparisonEffect[] {
    assert(!this.#isOver, 'a comparison ends once');
    this.#isOver = true;
    return [{ do: 'done' }];
  }

  #askAll(want: 'fingerprint' | 'full'): readonly ComparisonEffect[] {
    const { plan, standing } = this.#options;
    const round = new ReadRound(plan, want, want, standing);
    const number = this.#rounds.push(round) - 1;
    const asks = round
      .rest()
      .map((ask) => ({ do: 'ask', round: number, atLeast: 'held', ...ask }) as const);
    return [...asks, ...this.#advance(number)];
  }

  #advance(number: number): readonly ComparisonEffect[] {
    const round = this.#rounds[number];
    const isPresent = number === this.#rounds.length - 1 && this.#repair === undefined;
    if (round === undefined || !isPresent || !round.isSettled || this.#isOver) return NOTHING;
    if (number === 0 && !round.agrees) return this.#askAll('full');
    const merged = number === 0 ? undefined : round.merged();
    if (merged === undefined) return this.#done();
    const { copies } = round;
    const { plan, standing } = this.#options;
    const repair = new RepairCore({ plan, merged, copies, quorum: undefined, standing });
    this.#repair = repair;
    const writes = [...this.#unheard(merged), ...this.#writes(repair, repair.begin())];
    return repair.open.length === 0 ? [...writes, ...this.#done()] : writes;
  }

  /** Those that are up, and of which nobody knows that they hold the merge. */
  #unheard(merged: Siblings): readonly ComparisonEffect[] {
    const { plan, isPromised } = this.#options;
    const whole = fingerprint(merged);
    const [first, last] = [this.#rounds[0]?.copies ?? [], this.#rounds.at(-1)?.copies ?? []];
    return plan.order
      .filter((node) => isPromised && copyOf(last, node) === undefined)
      .filter((node) => copyOf(first, node)?.fingerprint !== whole)
      .map((node) => ({ do: 'repair failed', node, merged }));
  }

  #writes({ merged }: RepairCore, writes: readonly RepairWrite[]): readonly ComparisonEffect[] {
    return writes.map((write) => ({ do: 'repair', repair: 0, merged, ...write }));
  }
}
