/** Which numbers operations get that take effect once (docs/consensus.md, K20 and K22). */
import t from 'tap';
import { OperationDots } from '../../../lib/coordination/operation/operation-dots.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import type { Identity } from '../../../lib/replica/identity.js';
import { SeededRandom } from '../fakes.js';

const [a, b, c] = ['a', 'b', 'c'].map((key) => ({ ...recordKey('d', key, 16), partition: 1 }));
if (a === undefined || b === undefined || c === undefined) throw new Error('three keys');

function dotsOfNode(): OperationDots {
  const identity = { start: 1 } as Identity;
  return new OperationDots({ self: 'n1', identity, random: new SeededRandom(1) });
}

t.test('once its record is stored, other keys get the numbers above an operation', async (t) => {
  const dots = dotsOfNode();
  const first = dots.take(a);
  first.begun();
  const second = dots.take(b);
  t.equal(second.once.dot.writer, first.once.dot.writer);
  t.same(
    [first.once, second.once].flatMap(({ dot, end }) => [dot.n, end.n]),
    [1, 2, 3, 4],
  );
  second.begun();
  t.not(dots.take(a).once.dot.writer, first.once.dot.writer, 'a key has one of a sequence open');
});

t.test('before its record is stored no number is given above its own', async (t) => {
  const dots = dotsOfNode();
  const first = dots.take(a);
  const second = dots.take(b);
  t.not(second.once.dot.writer, first.once.dot.writer);
  // Another attempt had begun it: its numbers are given to the next.
  first.ended('unused');
  const third = dots.take(c);
  t.same(third.once, first.once);
  // Was it stored? Nobody knows, and nothing is numbered above it.
  third.ended('unknown');
  second.begun();
  second.ended('settled');
  const fourth = dots.take(a);
  t.equal(fourth.once.dot.writer, second.once.dot.writer);
  t.equal(fourth.once.dot.n, 3);
});
