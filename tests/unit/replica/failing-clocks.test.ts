/** A clock that cannot be completed: it is tried again less and less, and holds up no other. */
import t from 'tap';
import { ForegroundLoad } from '../../../lib/environment/foreground-load.js';
import { OperatingError } from '../../../lib/errors.js';
import { type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import { WholeClocks, type WholeClocksOptions } from '../../../lib/replica/whole-clocks.js';
import { SeededRandom } from '../fakes.js';
import { intentOf, nothingElse, openDisk, PARTITIONS } from '../persistence/disk.js';

/** Records of partition 0 are of another build, until that is mended. */
async function stage() {
  const disk = await openDisk();
  const { replica, table, clock } = disk;
  for (let i = 0; i < 40; i += 1) {
    const at = recordKey('default', `k${i}`, PARTITIONS);
    await replica.mint(at, intentOf('1'), 'sync', nothingElse).committed;
  }
  const state = { isMended: false, read: [] as number[], failures: 0 };
  const decode = (at: RecordKey, bytes: Uint8Array) => {
    if (state.read.at(-1) !== at.partition) state.read.push(at.partition);
    if (at.partition !== 0 || state.isMended) return table.decode(at, bytes);
    state.failures += 1;
    throw new OperatingError('unknown_format', 'as the test wants it');
  };
  const whole = new WholeClocks({
    ...{ ...disk, random: new SeededRandom(1), table: { decode } },
    ...{ foreground: new ForegroundLoad(), observer: disk.observer },
    ownership: { own: [0, 1, 2, 3], partitionCount: PARTITIONS },
  } as unknown as WholeClocksOptions);
  t.teardown(() => whole.stop());
  whole.start();
  /** Somebody asks all the time. */
  const askFor = async (milliseconds: number, partition = 0): Promise<void> => {
    for (let i = 0; i < milliseconds / 100; i += 1) {
      whole.isWhole(partition);
      await clock.advance(100);
    }
  };
  return { ...disk, whole, state, askFor };
}

t.test('the pause grows', async (t) => {
  const { state, askFor, whole } = await stage();
  await askFor(60_000);
  const { failures } = state;
  t.ok(failures >= 5 && failures <= 7, `${failures} times in a minute`);
  state.isMended = true;
  await askFor(70_000);
  t.ok(whole.isWhole(0));
});

t.test('nothing is read while nobody asks', async (t) => {
  const { state, askFor, clock } = await stage();
  await askFor(500);
  const before = state.read.length;
  for (let i = 0; i < 100; i += 1) await clock.advance(100);
  t.equal(state.read.length, before);
});

t.test('others come first, and another clock of the same partition is tried at once', async (t) => {
  const { state, askFor, whole, clocks, clock } = await stage();
  await askFor(8_000);
  state.read = [];
  clocks.empty(3);
  // The pause is over by then, too.
  await clock.advance(60_000);
  await askFor(500, 3);
  t.strictSame(state.read, [3, 0]);
  t.ok(whole.isWhole(3));
  state.isMended = true;
  await askFor(1_000);
  t.notOk(whole.isWhole(0), 'it pauses');
  clocks.empty(0);
  await askFor(500);
  t.ok(whole.isWhole(0));
});
