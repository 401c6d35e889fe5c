/** The client finds the partition of a key where the nodes have it. */
import t from 'tap';
import { partitionOfKey } from '../../../lib/client/key-hash.js';
import { KeyOwners } from '../../../lib/client/key-owners.js';
import { partitionOf } from '../../../lib/partitioning/partition.js';
import { SeededRandom } from '../../simulation/seeded-random.js';

t.test('a key has the partition that nodes give it, however long it is', async (t) => {
  const random = new SeededRandom(21, 'keys');
  const letters = ['a', 'Z', '0', '/', 'ü', '漢', '😀', '\u0000'];
  for (let length = 0; length <= 300; length += 1) {
    const key = Array.from({ length }, () => random.pick(letters)).join('');
    for (const [namespace, count] of [
      ['default', 4096],
      ['shop~2', 256],
      ['a', 1],
    ] as const) {
      const partition = partitionOfKey(namespace, key, count);
      if (partition !== partitionOf(namespace, key, count)) t.fail(`${namespace} ${key}`);
    }
  }
  t.equal(
    partitionOfKey('default', 'x'.repeat(1024), 1024),
    partitionOf('default', 'x'.repeat(1024), 1024),
  );
});

t.test('owners are those of the ring that was sent, under the name that is stored', async (t) => {
  const owners = new KeyOwners();
  const place = { namespace: 'default', key: 'cart' };
  t.strictSame(owners.of(place), [], 'no ring');
  const rows = Array.from({ length: 64 }, (_, i) => [`n${i}`, `m${i}`]);
  owners.learnRing({ hash: 'h', owners: rows });
  t.equal(owners.ringHash, 'h');
  t.strictSame(owners.of(place), rows[partitionOf('default', 'cart', 64)]);
  t.strictSame(owners.namespaces, []);
  const shop = { namespace: 'shop', key: 'cart' };
  t.strictSame(owners.of(shop), [], 'nobody has sent it');
  t.strictSame(owners.namespaces, ['shop'], 'it is to be asked for');
  owners.learnNamespace('shop', 'shop~3');
  t.strictSame(owners.of(shop), rows[partitionOf('shop~3', 'cart', 64)]);
  for (let i = 0; i < 100; i += 1) owners.of({ namespace: `n${i}`, key: 'cart' });
  t.equal(owners.namespaces.length, 32, 'of many only some are asked for');
});
