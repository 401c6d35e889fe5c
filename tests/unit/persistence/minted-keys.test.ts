/** What was minted last for a key: held against a map; and who is somebody new after forgetting. */
import fc from 'fast-check';
import t from 'tap';
import { MintedKeys, mintedKey } from '../../../lib/persistence/minted-keys.js';
import { Minter } from '../../../lib/persistence/minter.js';
import { recordKey } from '../../../lib/persistence/records.js';
import { SeededRandom } from '../fakes.js';

const key = (n: number) => recordKey('default', `k${n}`, 4);

t.test('it answers as a map does, however it grows', async (t) => {
  const operation = fc.record({
    name: fc.nat(400),
    n: fc.option(fc.integer({ min: 1, max: 2 ** 40 })),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 2000, size: 'max' }), (operations) => {
      const keys = new MintedKeys();
      const naive = new Map<number, number>();
      for (const { name, n } of operations) {
        const at = mintedKey('n1.1.0123456789ab', key(name));
        if (n === null) {
          keys.delete(at);
          naive.delete(name);
        } else {
          keys.set(at, n);
          naive.set(name, n);
        }
      }
      for (let name = 0; name <= 400; name += 1) {
        const n = keys.get(mintedKey('n1.1.0123456789ab', key(name)));
        if (n !== naive.get(name)) return false;
      }
      return keys.used >= naive.size;
    }),
    { numRuns: 200 },
  );
  const another = new MintedKeys();
  another.set(mintedKey('n1.1.0123456789ab', key(1)), 7);
  t.equal(another.get(mintedKey('n1.2.0123456789ab', key(1))), undefined, 'of another writer');
});

t.test('neighbours that share a slot are told apart', async (t) => {
  const keys = new MintedKeys();
  const low = 5;
  for (let high = 1; high <= 100; high += 1) keys.set({ low, high }, high);
  keys.delete({ low, high: 50 });
  for (let high = 1; high <= 101; high += 1) {
    t.equal(keys.get({ low, high }), high === 50 || high === 101 ? undefined : high);
  }
});

t.test('who has forgotten what it minted goes on as somebody new', async (t) => {
  const minter = new Minter({ node: 'n1', start: 1, random: new SeededRandom(1), keysMax: 20 });
  const mint = (n: number) => {
    const dot = minter.next(key(n).partition);
    minter.consume(key(n), dot);
    return dot;
  };
  const first = mint(0);
  t.strictSame(minter.lastOf(key(0)), first);
  minter.forget(key(0));
  t.equal(minter.lastOf(key(0)), undefined, 'it was removed on purpose');
  const again = mint(0);
  t.strictSame(minter.lastOf(key(0)), again);
  for (let n = 1; n < 100; n += 1) mint(n);
  const { writer } = minter.next(key(0).partition);
  t.not(writer, first.writer);
  t.equal(minter.lastOf(key(0)), undefined);
  const kept = Array.from({ length: 100 }, (_, n) => minter.lastOf(key(n))).filter(Boolean);
  t.ok(kept.length > 0 && kept.length <= 22, `${kept.length} are known`);
  for (const dot of kept) t.not(dot?.writer, first.writer);
});
