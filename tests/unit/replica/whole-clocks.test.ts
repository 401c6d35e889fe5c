/** Clocks that are completed from the records of their partitions. */
import t from 'tap';
import { ForegroundLoad } from '../../../lib/environment/foreground-load.js';
import { OperatingError } from '../../../lib/errors.js';
import { type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import { WholeClocks, type WholeClocksOptions } from '../../../lib/replica/whole-clocks.js';
import { SeededRandom } from '../fakes.js';
import { intentOf, nothingElse, openDisk, PARTITIONS } from '../persistence/disk.js';

t.test('a record of another build keeps only its own partition from its clock', async (t) => {
  const disk = await openDisk();
  const { replica, store, table, clock } = disk;
  for (let i = 0; i < 40; i += 1) {
    const at = recordKey('default', `k${i}`, PARTITIONS);
    await replica.mint(at, intentOf('1'), 'sync', nothingElse).committed;
  }
  const decode = (at: RecordKey, bytes: Uint8Array) => {
    if (at.partition === 0) throw new OperatingError('unknown_format', 'as the test wants it');
    return table.decode(at, bytes);
  };
  const logged: string[] = [];
  const observer = { count: () => undefined, log: (_: string, text: string) => logged.push(text) };
  const whole = new WholeClocks({
    ...{ ...disk, store, clock, observer, random: new SeededRandom(1) },
    ...{ foreground: new ForegroundLoad(), table: { decode } },
    ownership: { own: [0, 1, 2, 3], partitionCount: PARTITIONS },
  } as unknown as WholeClocksOptions);
  t.teardown(() => whole.stop());
  whole.start();
  t.notOk(whole.isWhole(1), 'nobody has asked before');
  for (let i = 0; i < 100; i += 1) await clock.advance(20);
  t.same(
    [0, 1, 2, 3].map((partition) => whole.isWhole(partition)),
    [false, true, true, true],
  );
  t.same(logged, ['a clock cannot be completed'], 'once, though it is tried again and again');
});
