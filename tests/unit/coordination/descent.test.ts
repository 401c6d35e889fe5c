/** The way of a request through its levels, and the time of each. */
import t from 'tap';
import type { Attempt } from '../../../lib/coordination/request/level.js';
import { Descent } from '../../../lib/coordination/request/descent.js';

function attempts(...levels: readonly (readonly [name: string, isPossible?: boolean])[]) {
  return levels.map(([name, isPossible = true]) => {
    return { level: { name }, isPossible } as unknown as Attempt;
  });
}

function namesOf({ left }: Descent): string[] {
  return left.map(({ level }) => level.name);
}

t.test('each level takes an equal share of the time that is left', async (t) => {
  const descent = new Descent(attempts(['all'], ['quorum'], ['one']), 900);
  t.equal(descent.endsAt, Number.POSITIVE_INFINITY, 'nothing has begun');
  descent.begin(0);
  t.equal(descent.endsAt, 300);
  t.equal(descent.current.level.name, 'all');
  t.ok(descent.next());
  t.equal(descent.endsAt, 300, 'the next level begins when it is told to');
  descent.begin(100);
  t.equal(descent.endsAt, 500, 'what the first did not need is shared by the others');
  t.ok(descent.next());
  descent.begin(500);
  t.equal(descent.endsAt, 900);
  t.equal(descent.current.level.name, 'one');
});

t.test('the last level has none below it, and stays', async (t) => {
  const descent = new Descent(attempts(['quorum'], ['one']), 100);
  t.ok(descent.next());
  t.notOk(descent.next());
  t.strictSame(namesOf(descent), ['one']);
});

t.test('after the deadline a level has no time', async (t) => {
  const descent = new Descent(attempts(['quorum'], ['one']), 100);
  descent.begin(130);
  t.equal(descent.endsAt, 130);
});

t.test('while another node has the request no share ends', async (t) => {
  const descent = new Descent(attempts(['quorum'], ['one']), 100);
  descent.begin(0);
  descent.pause();
  t.equal(descent.endsAt, Number.POSITIVE_INFINITY);
  descent.begin(20);
  t.equal(descent.endsAt, 60);
});

t.test('levels that cannot be reached take no share', async (t) => {
  const some = new Descent(attempts(['all', false], ['quorum'], ['two', false], ['one']), 100);
  t.ok(some.keepPossible());
  t.strictSame(namesOf(some), ['quorum', 'one']);
  some.begin(0);
  t.equal(some.endsAt, 50);
  const none = new Descent(attempts(['all', false], ['quorum', false]), 100);
  t.notOk(none.keepPossible());
  t.strictSame(namesOf(none), ['all', 'quorum'], 'a refusal names what was tried');
});
