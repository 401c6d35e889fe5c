/** Bugs in how writers live on, and in what is kept beside records. */
import type { PlantedBug } from './planted-bug.js';

export const WRITER_BUGS: readonly PlantedBug[] = [
  {
    rule: 'V1',
    name: 'a writer that has forgotten keys mints on those that have no record',
    file: 'persistence/minter.js',
    right: 'this.#retire(forgotten);',
    wrong: ';',
    test: 'unit/persistence/replica.test.js',
  },
  {
    rule: 'V1',
    name: 'a ticket used twice: whoever holds it keeps it',
    file: 'membership/held-tickets.js',
    right: 'await this.#keep(from, [start, id, life]);',
    wrong: ';',
    test: 'unit/membership/tickets.test.js',
  },
  {
    rule: 'V1',
    name: 'a ticket counts before it is erased where it was held',
    file: 'membership/held-tickets.js',
    right: 'await this.#keep(from, [start, id, life]);',
    wrong: 'this.#keep(from, [start, id, life]).catch(() => undefined);',
    test: 'unit/membership/tickets.test.js',
  },
  {
    rule: 'V1',
    name: 'a ticket counts before it is erased on the own disk',
    file: 'persistence/ticket.js',
    right: '(transaction) => transaction.delete(TICKET_KEY)',
    wrong: '() => undefined',
    test: 'unit/persistence/ticket.test.js',
  },
  {
    rule: 'V1',
    name: 'a ticket counts on a disk that is not as the clean stop left it',
    file: 'persistence/ticket.js',
    right: 'if (commit === store.foundCommit)',
    wrong: 'if (true)',
    test: 'unit/persistence/ticket.test.js',
  },
  {
    rule: 'V1',
    name: 'a ticket is used though the disk was rolled back',
    file: 'persistence/minter.js',
    right: 'if (this.#allRenewed)',
    wrong: 'if (false)',
    test: 'unit/persistence/minted-keys.test.js',
  },
];
