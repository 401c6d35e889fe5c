/** What a blind write learns with its acknowledgements, and how long it waits for more of it. */
import type { NodeId } from '../../environment/transport.js';
import type { BlindReport, ConcurrentVersion, Stamped } from '../../replica/blind-report.js';
import {
  type BlindWriteDecision,
  decideBlindWrite,
  LAST_ACKS_MILLISECONDS,
} from './blind-write-core.js';
import type { Copying } from './copying.js';

/** Pure; part of `WriteCore`. */
export class BlindCourse {
  readonly #copying: Copying;
  readonly #reports = new Map<NodeId, BlindReport>();
  /** Until when it waits for the last primaries; undefined: it has not begun to. */
  waitsUntil: number | undefined;
  /** Found beside it, and not taken. */
  left: readonly ConcurrentVersion[] = [];

  constructor(copying: Copying) {
    this.#copying = copying;
  }

  note(node: NodeId, report: BlindReport | undefined): void {
    if (report !== undefined) this.#reports.set(node, report);
  }

  /**
   * @param own what the own record holds at this moment
   * @param endsAt of the attempt: what is decided after the wait needs time, too
   */
  decide(version: Stamped, own: BlindReport, now: number, endsAt: number): BlindWriteDecision {
    const { acknowledged } = this.#copying;
    this.waitsUntil ??= now + Math.min(LAST_ACKS_MILLISECONDS, (endsAt - now) / 2);
    const decision = decideBlindWrite({
      ...{ version, own, reports: this.#counted },
      isComplete: acknowledged.every((vote) => vote === true),
      mayWait: acknowledged.includes(undefined) && now < this.waitsUntil,
    });
    if (decision.do !== 'wait') this.left = decision.left;
    return decision;
  }

  /** Of primaries whose acknowledgements count still. */
  get #counted(): BlindReport[] {
    if (this.#reports.size === 0) return [];
    const granted = this.#copying.votesOn('write')?.granted ?? [];
    return granted.flatMap((node) => this.#reports.get(node) ?? []);
  }
}
