/** What an owner reports: all that changed, once, in pages. */
import t from 'tap';
import { encode } from '../../../lib/encoding/codec.js';
import { ClockChanges } from '../../../lib/replica/clock-changes.js';
import type { Accepted, OpenDots } from '../../../lib/staleness/accepted-dots.js';
import { testify, testimonyOf } from '../../../lib/staleness/testimony.js';
import { PartitionClock } from '../../../lib/versioning/partition-clock.js';

t.test('changes are reported in order, a page at a time, and nothing twice', async (t) => {
  const changes = new ClockChanges();
  const clocks = [new PartitionClock(), new PartitionClock(), new PartitionClock()];
  const note = (partition: number, writer: string, n: number): void => {
    clocks[partition]?.add({ writer, n });
    changes.noted(partition, writer);
  };
  note(0, 'a.1', 1);
  note(1, 'a.1', 1);
  note(2, 'a.1', 9);
  note(0, 'b.1', 3);
  const held = {
    changes,
    clockOf: (partition: number) => clocks[partition] ?? new PartitionClock(),
    vouchesFor: (partition: number) => partition !== 1,
    accepted: (): Accepted =>
      new Map<number, OpenDots>([
        [3, 'unknown'],
        [0, [{ writer: 'c.1', n: 4 }]],
        [2, [{ writer: 'd.1', n: 4 }]],
      ]),
  };
  const reporting = { held, life: 'x', shared: new Set([0, 1]), pageBytesMax: 4 };
  const first = testify(reporting, { life: '', since: 0 });
  t.strictSame(first.seen, [[0, 0, 1]]);
  t.same([first.isLast, first.upTo, first.silent], [false, 1, [1]]);
  const second = testify(reporting, { life: 'x', since: first.upTo });
  t.strictSame(second.seen, [[1, 0, 1]]);
  const last = testify(reporting, { life: 'x', since: second.upTo });
  t.strictSame(last.seen, [[0, 0, 0, 2, 1]], 'a number beyond a gap');
  t.same([last.isLast, last.upTo], [true, 4]);
  t.strictSame(last.writers, ['b.1', 'c.1']);
  t.strictSame(last.accepted, [[0, 1, 4]], 'of shared partitions alone');
  const wider = { ...reporting, shared: new Set([0, 1, 3]) };
  const unknown = testify(wider, { life: 'x', since: last.upTo });
  t.strictSame([unknown.silent, unknown.accepted], [[1, 3], [[0, 0, 4]]], 'of one all is unknown');
  const idle = testify(reporting, { life: 'x', since: last.upTo });
  t.same([idle.seen, idle.isLast, idle.upTo], [[], true, 4]);
  changes.emptied(1);
  const after = testify(reporting, { life: 'x', since: 4 });
  t.strictSame([after.emptied, after.seen, after.upTo], [[1], [], 5]);
  t.strictSame(
    testify(reporting, { life: 'y', since: 4 }).seen,
    [[0, 0, 1]],
    'to another life all',
  );
  t.strictSame(testimonyOf(last).accepted, [[0, { writer: 'c.1', n: 4 }]]);
  t.strictSame(testimonyOf(last).seen, [[0, ['b.1', 0, [2, 1]]]]);
  t.throws(() => testimonyOf({ ...last, writers: [] }), { code: 'corrupt_bytes' });
  t.throws(() => testimonyOf({ ...last, seen: [[0, 0, -1]] }), { code: 'corrupt_bytes' });
  const cut = [0, 0, 0, 2];
  t.throws(() => testimonyOf({ ...last, seen: [cut] }), { code: 'corrupt_bytes' }, 'half a run');
});

t.test('a report takes bytes for its gaps, and not for the numbers beyond them', async (t) => {
  const [changes, clock] = [new ClockChanges(), new PartitionClock()];
  for (let n = 2; n <= 150_001; n += 1) clock.add({ writer: 'a.1', n });
  changes.noted(0, 'a.1');
  const held = { changes, clockOf: () => clock, vouchesFor: () => true, accepted: () => new Map() };
  const source = { held, life: 'x', shared: new Set([0]), pageBytesMax: 1000 };
  const report = testify(source, { life: '', since: 0 });
  t.strictSame(report.seen, [[0, 0, 0, 1, 150_000]]);
  t.ok(encode(report.seen).length < 50, `${encode(report.seen).length}`);
  const seen = testimonyOf(report).seen.map(([, entry]) => entry);
  t.ok(PartitionClock.from(seen).includes(clock));
});
