/** Forbids what no single copy could have answered, of keys that were used at `strong`. */
import type { Finding, History } from './history.js';
import { judgeKey } from './linearizability.js';
import { isRegister } from './zones.js';

export function checkOrders({ orders = [] }: History): Finding[] {
  return orders.flatMap(({ key, operations }): Finding[] => {
    const verdict = judgeKey(operations);
    if (verdict === 'linearizable') return [];
    // Of a register the zones decide alone (check-zones.ts).
    if (verdict === 'undecided' && isRegister(operations)) return [];
    const message = `${operations.length} operations: ${verdict}`;
    return [{ checker: 'order', key, message }];
  });
}
