/** Bugs to be planted in what lies on a disk: its files, its formats, its room. */
import type { PlantedBug } from './planted-bug.js';

export const DISK_BUGS: readonly PlantedBug[] = [
  {
    rule: 'S1',
    name: 'a hint of another build keeps those behind it from their owners',
    file: 'hints/hint-store.js',
    right: 'if (!isUnknownFormat(error))',
    wrong: 'if (true)',
    test: 'unit/persistence/unknown-at-run-time.test.js',
  },
  {
    rule: 'C4',
    name: 'a sync covers only the log file that is written now',
    file: 'platform/unsynced-writes.js',
    right: '[...this.#operations.values(), ...operations]',
    wrong: 'operations',
    test: 'simulation/ports.test.js',
  },
  {
    rule: 'D3',
    name: 'a log file that is missing is not missed',
    file: 'platform/leveldb-inspection.js',
    right: 'if (logNumber > 0 && !names.has(first))',
    wrong: 'if (false)',
    test: 'unit/platform/leveldb-damage.test.js',
  },
  {
    rule: 'D3',
    name: 'a file in the place of the folder of the engine keeps the node away',
    file: 'platform/leveldb-open.js',
    right: 'await repairs.clearPlace();',
    wrong: '',
    test: 'unit/platform/leveldb-damage.test.js',
  },
  {
    rule: 'S1',
    name: 'a flipped bit in the file format is another format',
    file: 'platform/format-file.js',
    right: 'text === textOf(format)',
    wrong: 'text.length > 0',
    test: 'unit/platform/format-file.test.js',
  },
  {
    rule: 'D6',
    name: 'a disk that does not answer is reported by nobody',
    file: 'persistence/stall-watch.js',
    right: 'return looks >= LOOKS_MAX ? call : undefined;',
    wrong: 'return undefined;',
    test: 'unit/persistence/stall-watch.test.js',
  },
  {
    rule: 'S1',
    name: 'what another build has stored counts as damaged',
    file: 'persistence/checksummed.js',
    right: 'if (format !== STORED_FORMAT)',
    wrong:
      "if (format !== STORED_FORMAT) throw new OperatingError('corrupt_bytes', 'x'); if (false)",
    test: 'unit/persistence/formats.test.js',
  },
  {
    rule: 'E1',
    name: 'values that ended stay where the disk has no room',
    file: 'replica/endings.js',
    right: "return store.transact(change, DURABILITY, 'shrinking');",
    wrong: 'return store.transact(change, DURABILITY);',
    test: 'unit/persistence/full-disk.test.js',
  },
  {
    rule: 'S0',
    name: 'a page of a range may begin outside it',
    file: 'persistence/each-entry.js',
    right: 'if (from < all.from || from >= all.before)',
    wrong: 'if (false)',
    test: 'unit/persistence/keyspace.test.js',
  },
];
