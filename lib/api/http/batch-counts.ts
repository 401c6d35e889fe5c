/** What is counted of the operations of a batch. */
import type { MetricName } from '../../environment/metrics.js';
import type { Labels, Observer } from '../../environment/observer.js';
import type { ApiWorld } from '../api-world.js';
import type { BatchOperation } from './batch-body.js';
import { levelLabel } from './level-label.js';
import type { ReadRequestOptions, WriteRequestOptions } from './request-options.js';

/** What became of one of them. */
interface Counted {
  readonly result: string;
  /** The level that held, as metrics name it; undefined: none did, or it is no matter of levels. */
  readonly achieved?: string | undefined;
}

/** What each operation takes from the headers of the batch. */
interface BatchLevels {
  readonly world: ApiWorld;
  readonly read: Pick<ReadRequestOptions, 'level' | 'fallbacks'>;
  readonly write: Pick<WriteRequestOptions, 'level' | 'idempotencyKey'>;
}

/** Counted together: a batch is to cost less than its operations would. */
export function countBatch(
  { world: { node }, read, write }: BatchLevels,
  operations: readonly BatchOperation[],
  results: readonly Counted[],
): void {
  const done = new Tally('quorate_batch_operations_total');
  const descended = new Tally('quorate_fallbacks_total');
  const isOnce = write.idempotencyKey !== undefined;
  for (const [i, one] of operations.entries()) {
    const { op: operation, level: own, namespace, change, precondition } = one;
    const { result = '', achieved } = results[i] ?? {};
    const isRead = change === undefined;
    const asked = own ?? (isRead ? read.level : write.level);
    const isAtomic = precondition !== undefined || (isOnce && !isRead);
    const defaults = node.namespaces.effective(namespace) ?? node.settings.values;
    const level = levelLabel(operation, asked, isAtomic, defaults);
    done.add({ operation, level, result });
    // A write under an Idempotency-Key is at `strong`, whatever it names: never weaker.
    const mayDescend = read.fallbacks.length > 0 && (isRead || !isOnce);
    const isFallback = mayDescend && achieved !== undefined && achieved !== level;
    if (isFallback) descended.add({ operation, level, achieved });
  }
  for (const tally of [done, descended]) tally.report(node.observer);
}

/** How often each row of labels of a metric was met. */
class Tally {
  readonly #metric: MetricName;
  readonly #counts = new Map<string, { readonly labels: Labels; amount: number }>();

  constructor(metric: MetricName) {
    this.#metric = metric;
  }

  add(labels: Labels): void {
    const place = Object.values(labels).join(' ');
    const known = this.#counts.get(place);
    if (known === undefined) this.#counts.set(place, { labels, amount: 1 });
    else known.amount += 1;
  }

  report(observer: Pick<Observer, 'count'>): void {
    for (const { labels, amount } of this.#counts.values()) {
      observer.count(this.#metric, labels, amount);
    }
  }
}
