/** Forbids what no single copy could have answered, of keys that were used at `strong`. */
import type { Finding, History } from './history.js';
import { judgeKey } from './linearizability.js';
import { isRegister } from './zones.js';

const CHECKER = 'order';
const UNDECIDED = 'undecided';

/** The search gave up: nothing is known to be wrong, and nothing but the zones is known right. */
export function isUndecided({ checker, message }: Finding): boolean {
  return checker === CHECKER && message.endsWith(UNDECIDED);
}

export function checkOrders({ orders = [] }: History): Finding[] {
  return orders.flatMap(({ key, operations }): Finding[] => {
    const verdict = judgeKey(operations);
    if (verdict === 'linearizable') return [];
    // Of a register the zones decide alone (check-zones.ts).
    if (verdict === UNDECIDED && isRegister(operations)) return [];
    const message = `${operations.length} operations: ${verdict}`;
    return [{ checker: CHECKER, key, message }];
  });
}
