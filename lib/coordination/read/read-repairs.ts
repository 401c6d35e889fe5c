/**
 * The repairs of one read: one each time that it merges what replicas said. Most reads need none,
 * and a read that begins anew may need another one (R1, R5). Pure; part of `ReadCore`.
 */
import type { NodeId } from '../../environment/transport.js';
import { NOTHING } from '../engine/engine.js';
import type { ReadEffect } from './read-effects.js';
import {
  RepairCore,
  type RepairOptions,
  type RepairWrite,
  type StoredRepair,
} from './repair-core.js';

export class ReadRepairs {
  readonly #repairs: RepairCore[] = [];

  begin(options: RepairOptions): readonly ReadEffect[] {
    const repair = new RepairCore(options);
    this.#repairs.push(repair);
    return this.#writes(this.#repairs.length - 1, repair.begin());
  }

  /** The repair that the read waits for. */
  get last(): RepairCore | undefined {
    return this.#repairs.at(-1);
  }

  isLast(repair: number): boolean {
    return repair === this.#repairs.length - 1;
  }

  /** Does no replica still have to answer? */
  get areSettled(): boolean {
    return this.#repairs.every(({ open }) => open.length === 0);
  }

  /** @param stored undefined: this replica does not hold the merge, or nobody knows */
  answered(repair: number, node: NodeId, stored: StoredRepair | undefined): readonly ReadEffect[] {
    const core = this.#repairs[repair];
    if (core === undefined) return NOTHING;
    const more = this.#writes(repair, core.answered(node, stored));
    if (stored !== undefined) return more;
    return [{ do: 'repair failed', node, merged: core.merged }, ...more];
  }

  /** The time is over: replicas that are still silent have failed. */
  giveUp(): readonly ReadEffect[] {
    return this.#repairs.flatMap((repair) => {
      const { merged } = repair;
      return repair.giveUp().map((node) => ({ do: 'repair failed', node, merged }) as const);
    });
  }

  #writes(repair: number, writes: readonly RepairWrite[]): readonly ReadEffect[] {
    const merged = this.#repairs[repair]?.merged;
    if (merged === undefined) return NOTHING;
    return writes.map((write) => ({ do: 'repair', repair, merged, ...write }));
  }
}
