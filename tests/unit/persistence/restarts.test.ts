/** Crashes of one node: no dot twice, and a clock that never runs ahead of the records. */
import fc from 'fast-check';
import t from 'tap';
import { encodeStored } from '../../../lib/persistence/checksummed.js';
import { clockKey } from '../../../lib/persistence/clock-keys.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { covers } from '../../../lib/versioning/context.js';
import { dotText } from '../../../lib/versioning/dot.js';
import { PartitionClock } from '../../../lib/versioning/partition-clock.js';
import { turn } from '../fakes.js';
import { type Disk, intentOf, nothingElse, openDisk, PARTITIONS } from './disk.js';

const keys = Array.from({ length: 6 }, (_, i) => recordKey('default', `k${i}`, PARTITIONS));

type Step = readonly [what: number, which: number];
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(fc.constantFrom(0, 0, 0, 0, 1, 2, 3), fc.nat(11)),
  { maxLength: 30 },
);

/**
 * @returns the dots minted, with their partitions; and what the clock says beyond the records, at
 * each start
 */
async function live(
  steps: readonly Step[],
  rules: { readonly countsStarts: boolean; readonly clockFirst: boolean },
): Promise<{ readonly dots: string[]; readonly ahead: string[] }> {
  const dots: string[] = [];
  const ahead: string[] = [];
  const start = { forgetsStarts: !rules.countsStarts };
  let disk = await openDisk(start);
  disk.storage.held = true;
  for (const [what, which] of steps) {
    const at = keys[which % keys.length];
    if (at === undefined) continue;
    if (what === 0) {
      const { dot } = disk.replica.mint(at, intentOf('x'), 'os', nothingElse).value;
      dots.push(`${at.partition} ${dotText(dot)}`);
    } else if (what === 1) {
      await turn();
      while (disk.storage.waiting.length > 0) await disk.storage.release();
    } else if (what === 2) await persistClocks(disk, rules.clockFirst);
    else {
      disk = await openDisk({ storage: await disk.storage.afterCrash(which), ...start });
      disk.storage.held = true;
      ahead.push(...beyondRecords(disk));
    }
  }
  return { dots, ahead };
}

async function persistClocks(disk: Disk, first: boolean): Promise<void> {
  if (!first) {
    void disk.clocks.persist();
    return;
  }
  // The forbidden way: a clock that reaches the disk before the records that wait for it.
  const partition = keys[0]?.partition ?? 0;
  const entries = disk.clocks
    .of(partition)
    .toPlain()
    .map(([writer, ...seen]) => {
      const key = clockKey(partition, writer);
      return { type: 'put' as const, key, value: encodeStored(key, seen) };
    });
  const { waiting } = disk.storage;
  const held = waiting.splice(0);
  void disk.storage.write(entries, { sync: true });
  await disk.storage.release();
  waiting.push(...held);
}

/** Dots that a clock has seen and no record of the partition holds or covers. */
function beyondRecords({ clocks, replica }: Disk): string[] {
  const beyond: string[] = [];
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const records = keys
      .filter((at) => at.partition === partition)
      .flatMap((at) => replica.read(at)?.siblings ?? []);
    const seen = clocks.of(partition).missingFrom(new PartitionClock(), Number.POSITIVE_INFINITY);
    for (const dot of seen) {
      if (!records.some(({ context }) => covers(context, dot))) beyond.push(dotText(dot));
    }
  }
  return beyond;
}

t.test('no dot is issued twice, and no clock runs ahead of its records', async (t) => {
  let minted = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      const { dots, ahead } = await live(steps, { countsStarts: true, clockFirst: false });
      minted += dots.length;
      return new Set(dots).size === dots.length && ahead.length === 0;
    }),
    { numRuns: 1_000 },
  );
  t.ok(minted > 2_000, `${minted} versions`);
});

t.test('noticed: a start that is not counted mints again what it forgot', async (t) => {
  const result = await fc.check(
    fc.asyncProperty(steps, async (steps) => {
      const { dots } = await live(steps, { countsStarts: false, clockFirst: false });
      return new Set(dots).size === dots.length;
    }),
    { numRuns: 1_000, endOnFailure: true },
  );
  t.ok(result.failed);
});

t.test('noticed: a clock that is persisted before the records', async (t) => {
  const result = await fc.check(
    fc.asyncProperty(steps, async (steps) => {
      const { ahead } = await live(steps, { countsStarts: true, clockFirst: true });
      return ahead.length === 0;
    }),
    { numRuns: 1_000, endOnFailure: true },
  );
  t.ok(result.failed);
});
