/**
 * Forbids what the zones of values show to have no order, of keys that were used at `strong`. It
 * takes little time, however long the history is.
 */
import type { Finding, History } from './history.js';
import { zoneFaults } from './zones.js';

export function checkZones({ orders = [] }: History): Finding[] {
  return orders.flatMap(({ key, operations }) =>
    zoneFaults(operations).map((message) => ({ checker: 'zones', key, message })),
  );
}
