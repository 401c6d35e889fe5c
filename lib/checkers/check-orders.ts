/** Forbids what no single copy could have answered, of keys that were used at `strong`. */
import type { Finding, History } from './history.js';
import { judgeKey } from './linearizability.js';

export function checkOrders({ orders = [] }: History): Finding[] {
  return orders.flatMap(({ key, operations }): Finding[] => {
    const verdict = judgeKey(operations);
    if (verdict === 'linearizable') return [];
    const message = `${operations.length} operations: ${verdict}`;
    return [{ checker: 'order', key, message }];
  });
}
