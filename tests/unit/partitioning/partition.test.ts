/** From key to partition: the top bits of xxhash64. */
import fc from 'fast-check';
import t from 'tap';
import { hash64 } from '../../../lib/encoding/hash.js';
import { isPartitionCount, partitionOf } from '../../../lib/partitioning/partition.js';

const anyText = fc.string({ unit: 'binary', maxLength: 40 });

t.test('the partition is the place of the hash among Q equal slices', async (t) => {
  fc.assert(
    fc.property(anyText, anyText, fc.integer({ min: 0, max: 12 }), (namespace, key, exponent) => {
      const slice = 2n ** BigInt(64 - exponent);
      const expected = Number(hash64(`${namespace}\u0000${key}`) / slice);
      return partitionOf(namespace, key, 2 ** exponent) === expected;
    }),
    { numRuns: 10_000 },
  );
  t.pass('held for all');
});

t.test('known partitions: stored data depends on them', async (t) => {
  const known = ['', 'a', 'user:1', 'schlüssel', '\u{1f511}'].map((key) =>
    partitionOf('default', key, 4_096),
  );
  t.same(known, [1653, 3411, 437, 3871, 3282]);
});

t.test('Q = 1 has the partition 0 only', async (t) => {
  t.equal(partitionOf('default', 'anything', 1), 0);
});

t.test('what is no power of two up to 4,096 is no Q', async (t) => {
  const counts = [0, -1, 3, 1.5, 8_192, Number.NaN, 2 ** 32, Number.POSITIVE_INFINITY];
  for (const count of counts) {
    t.notOk(isPartitionCount(count), String(count));
    t.throws(() => partitionOf('a', 'b', count), /Invariant/, String(count));
  }
});

t.test('many keys spread evenly', async (t) => {
  const counts = new Array<number>(64).fill(0);
  for (let index = 0; index < 64_000; index += 1) {
    const partition = partitionOf('default', `user:${index}`, 64);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  t.ok(Math.max(...counts) < 1_150 && Math.min(...counts) > 850, 'each about 1,000');
});
