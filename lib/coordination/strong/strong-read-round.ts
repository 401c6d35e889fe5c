/**
 * One round trip of a strong read: which owners are asked, and what their reports amount to
 * (docs/consensus.md, K11). Pure; part of `StrongCore`.
 */
import { judgeRead, type ReadReport } from '../../consensus/strong-read.js';
import type { NodeId } from '../../environment/transport.js';
import { fingerprint, merge, type Siblings } from '../../versioning/siblings.js';
import type { StrongCoreOptions } from './strong-effects.js';

/** `unsettled`: the proposer must decide it, as an operation. */
export type ReadVerdict =
  | 'pending'
  | 'unsettled'
  | { readonly record: Siblings | undefined; readonly answered: number };

export class StrongReadRound {
  readonly #options: Pick<StrongCoreOptions, 'plan' | 'quorum' | 'standing'>;
  readonly #proposer: NodeId;
  readonly #asked: NodeId[] = [];
  readonly #failed = new Set<NodeId>();
  readonly #reports: ReadReport[] = [];

  constructor(options: Pick<StrongCoreOptions, 'plan' | 'quorum' | 'standing'>, proposer: NodeId) {
    this.#options = options;
    this.#proposer = proposer;
  }

  /** As many owners as are needed, this node and the proposer among them. */
  begin(): readonly NodeId[] {
    const first = new Set([this.#options.plan.self, this.#proposer]);
    for (const node of first) this.#asked.push(node);
    return [...first, ...this.askMore()];
  }

  /** In the place of those that failed. */
  askMore(): readonly NodeId[] {
    const { plan, quorum } = this.#options;
    const more: NodeId[] = [];
    const isEnough = (): boolean =>
      quorum.isPossibleFor(this.#asked.filter((node) => !this.#failed.has(node)));
    for (const node of plan.order) {
      if (isEnough()) break;
      if (this.#asked.includes(node)) continue;
      this.#asked.push(node);
      more.push(node);
    }
    return more;
  }

  /**
   * All others, because one that was asked is slow. None where only this node or the proposer is:
   * nobody can speak for those.
   */
  hedge(): readonly NodeId[] {
    const { plan } = this.#options;
    const isReplaceable = (node: NodeId): boolean => node !== plan.self && node !== this.#proposer;
    if (!this.#asked.some((node) => isReplaceable(node) && this.#isOpen(node))) return [];
    const more = plan.order.filter((node) => !this.#asked.includes(node));
    for (const node of more) this.#asked.push(node);
    return more;
  }

  /** @returns false: the owner has reported before */
  add(report: ReadReport): boolean {
    if (this.hasReported(report.from.node)) return false;
    this.#reports.push(report);
    return true;
  }

  failed(node: NodeId): void {
    this.#failed.add(node);
  }

  hasReported(node: NodeId): boolean {
    return this.#reports.some(({ from }) => from.node === node);
  }

  get verdict(): ReadVerdict {
    const { plan, quorum, standing } = this.#options;
    const judged = judgeRead(this.#reports, this.#proposer, quorum, standing);
    if (judged.is === 'settled') {
      const own = this.#reports.find(({ from }) => from.node === plan.self);
      // Only the own report has values: where this owner is under rebuild, the proposer gives them.
      if (own === undefined) return this.#isOpen(plan.self) ? 'pending' : 'unsettled';
      return { record: withValues(own, judged.record), answered: this.#reports.length };
    }
    return judged.is === 'pending' && this.#mayReportMore ? 'pending' : 'unsettled';
  }

  #isOpen(node: NodeId): boolean {
    return !this.#failed.has(node) && !this.hasReported(node);
  }

  get #mayReportMore(): boolean {
    const isUnasked = (node: NodeId): boolean => !this.#asked.includes(node);
    const isOneOpen = this.#asked.some((node) => this.#isOpen(node));
    return isOneOpen || this.#options.plan.order.some(isUnasked);
  }
}

/** The own record, or what it will be with what was accepted here. */
function withValues(
  { record, acceptance }: ReadReport,
  settled: Siblings | undefined,
): Siblings | undefined {
  if (fingerprint(record) === fingerprint(settled)) return record;
  const accepted = acceptance?.state;
  return accepted === undefined || record === undefined ? accepted : merge(record, accepted);
}
