/** A result that is there at once where nothing has to be waited for. */
import t from 'tap';
import { Deferred } from '../../../../lib/coordination/engine/deferred.js';

t.test('what is there is no promise', async (t) => {
  const there = new Deferred<number>();
  there.resolve(1);
  t.equal(there.take(), 1);
  const refused = new Deferred<number>();
  refused.reject(new Error('no'));
  t.throws(() => refused.take(), { message: 'no' });
});

t.test('what comes later is a promise', async (t) => {
  const later = new Deferred<number>();
  const taken = later.take();
  t.ok(taken instanceof Promise);
  later.resolve(2);
  t.equal(await taken, 2);
  const refused = new Deferred<number>();
  const refusal = t.rejects(Promise.resolve(refused.take()), { message: 'no' });
  refused.reject(new Error('no'));
  await refusal;
});

t.test('the first result stays, also where it is nothing', async (t) => {
  const twice = new Deferred<number | undefined>();
  twice.resolve(undefined);
  twice.resolve(2);
  twice.reject(new Error('no'));
  t.equal(twice.take(), undefined);
  const later = new Deferred<number>();
  const taken = later.take();
  later.resolve(1);
  later.resolve(2);
  later.reject(new Error('no'));
  t.equal(await taken, 1);
});
