/** What was minted last for a key: held against a map; and which writer a key goes on with. */
import fc from 'fast-check';
import t from 'tap';
import { MintedKeys, mintedKey } from '../../../lib/replica/minted-keys.js';
import { Minter, WRITERS_MAX } from '../../../lib/replica/minter.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import type { Context } from '../../../lib/versioning/context.js';
import { type Dot, dotText } from '../../../lib/versioning/dot.js';
import { SeededRandom } from '../fakes.js';

const WRITERS = ['n1.1.0123456789ab', 'n1.2.0123456789ab'];
const key = (n: number) => recordKey('default', `k${n}`, 4);

t.test('it answers as a map does, however it grows', async () => {
  const operation = fc.record({
    name: fc.nat(400),
    n: fc.option(fc.integer({ min: 1, max: 2 ** 40 })),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 2000, size: 'max' }), (operations) => {
      const keys = new MintedKeys();
      const naive = new Map<number, Dot>();
      for (const { name, n } of operations) {
        const at = mintedKey(key(name));
        if (n === null) {
          keys.delete(at);
          naive.delete(name);
        } else {
          const dot = { writer: WRITERS[n % WRITERS.length] ?? '', n };
          keys.set(at, dot);
          naive.set(name, dot);
        }
      }
      for (let name = 0; name <= 400; name += 1) {
        const [dot, held] = [keys.get(mintedKey(key(name))), naive.get(name)];
        if (dot?.n !== held?.n || dot?.writer !== held?.writer) return false;
      }
      return keys.used >= naive.size;
    }),
    { numRuns: 200 },
  );
});

t.test('neighbours that share a slot are told apart', async (t) => {
  const keys = new MintedKeys();
  const low = 5;
  for (let high = 1; high <= 100; high += 1) keys.set({ low, high }, { writer: 'w', n: high });
  keys.delete({ low, high: 50 });
  for (let high = 1; high <= 101; high += 1) {
    t.equal(keys.get({ low, high })?.n, high === 50 || high === 101 ? undefined : high);
  }
});

const minterOf = (keysMax: number): Minter =>
  new Minter({ node: 'n1', start: 1, random: new SeededRandom(1), keysMax });

/** Keys and the contexts of their records, as a replica keeps them. */
function recordsOf(minter: Minter) {
  const contexts = new Map<number, Context>();
  const mint = (n: number): Dot => {
    const at = key(n);
    const own = contexts.get(n);
    const dot = minter.next(at.partition, own);
    minter.consume(at, dot, own);
    const vector = new Map([...(own?.vector ?? []), [dot.writer, dot.n] as const]);
    contexts.set(n, { vector, beyond: [] });
    return dot;
  };
  return { contexts, mint };
}

t.test('what was forgotten is not minted upon where the record is gone', async (t) => {
  const minter = minterOf(20);
  const { contexts, mint } = recordsOf(minter);
  const first = mint(0);
  t.strictSame(minter.lastOf(key(0)), first);
  minter.forget(key(0));
  t.equal(minter.lastOf(key(0)), undefined, 'it was removed on purpose');
  const again = mint(0);
  t.strictSame(minter.lastOf(key(0)), again);
  for (let n = 1; n < 100; n += 1) mint(n);
  t.equal(minter.lastOf(key(0)), undefined);
  contexts.delete(0);
  t.not(mint(0).writer, first.writer, 'nobody knows what the first writer minted there');
  const known = Array.from({ length: 100 }, (_, n) => minter.lastOf(key(n))).filter(Boolean);
  t.ok(known.length > 0 && known.length <= 22, `${known.length} are known`);
});

t.test('a key goes on with the writer that its record names, whatever was forgotten', (t) => {
  const minter = minterOf(20);
  const { contexts, mint } = recordsOf(minter);
  for (let round = 0; round < 100; round += 1) for (let n = 0; n < 100; n += 1) mint(n);
  for (const [n, { vector }] of contexts) t.equal(vector.size, 1, `key ${n}`);
  t.end();
});

t.test('of very many writers those that mint are kept', (t) => {
  const minter = minterOf(2);
  const { contexts, mint } = recordsOf(minter);
  for (let n = 1; n < 2_000; n += 1) {
    mint(0);
    mint(n);
  }
  t.equal(contexts.get(0)?.vector.size, 1, 'it is minted upon all the time');
  for (const [, ...writers] of minter.counts()) t.ok(writers.length <= WRITERS_MAX);
  for (let n = 1; n < 2_000; n += 1) mint(n);
  for (const [, { vector }] of contexts) t.ok(vector.size <= 2, 'one more where its writer went');
  t.end();
});

t.test('a writer is of one partition: no two share one, so dots are unique', (t) => {
  const minter = minterOf(1_000);
  const { mint } = recordsOf(minter);
  const partitions = new Map<string, number>();
  const dots = new Set<string>();
  for (let n = 0; n < 200; n += 1) {
    const { partition } = key(n);
    const dot = mint(n);
    t.equal(partitions.get(dot.writer) ?? partition, partition);
    partitions.set(dot.writer, partition);
    dots.add(dotText(dot));
  }
  t.equal(partitions.size, 4);
  t.equal(dots.size, 200);
  t.end();
});

t.test('who meets a number of its own that it did not count begins anew', (t) => {
  const minter = minterOf(20);
  const { mint } = recordsOf(minter);
  const { writer, n } = mint(0);
  const { partition } = key(0);
  const of = (n: number): Context => ({ vector: new Map([[writer, n]]), beyond: [] });
  t.equal(minter.next(partition, of(n)).writer, writer);
  t.not(minter.next(partition, undefined, of(n + 1)).writer, writer, 'a client has seen it');
  t.not(minter.next(partition, of(n)).writer, writer, 'and it is not used any more');
  t.end();
});

t.test('a later life goes on with the writers, but where it began anew itself', (t) => {
  const before = minterOf(20);
  const { contexts, mint } = recordsOf(before);
  for (let n = 0; n < 20; n += 1) mint(n);
  const partitions = new Set(before.counts().map(([partition]) => partition));
  t.equal(partitions.size, 4);
  const after = new Minter({ node: 'n1', start: 2, random: new SeededRandom(2), keysMax: 20 });
  after.takeFreshWriter(0);
  after.resume(before.counts());
  for (const [n, own] of contexts) {
    const { partition } = key(n);
    const [writer = ''] = own.vector.keys();
    const dot = after.next(partition, own);
    t.equal(dot.writer === writer, partition !== 0);
    if (partition !== 0) t.equal(dot.n, before.next(partition, own).n);
  }
  const raised = minterOf(20);
  raised.raiseStart(7);
  raised.resume(before.counts());
  t.strictSame(raised.counts(), [], 'a disk that was rolled back');
  before.hold('stopping');
  t.throws(() => before.next(0), { code: 'not_ready' });
  t.end();
});
