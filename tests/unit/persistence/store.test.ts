/** The store over a disk that is held: order, groups, durability, failure, limits. */
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { OperatingError } from '../../../lib/errors.js';
import { type Durability, Store } from '../../../lib/persistence/store.js';
import { CountingObserver, HeldStorage, turn } from '../fakes.js';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const textOf = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value).toString();

function open(storage = new HeldStorage(), queueBytesMax = 10_000): Store {
  return new Store({ storage, observer: new CountingObserver(), queueBytesMax });
}

function put(store: Store, key: string, value: string, durability?: Durability): Promise<void> {
  return store.transact((transaction) => transaction.put(key, bytes(value)), durability).committed;
}

/** Has the promise resolved (or been refused) by now? */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  await turn();
  const pending = Symbol('pending');
  return Promise.race([promise, Promise.resolve(pending)]).then(
    (value) => (value === pending ? 'pending' : 'resolved'),
    (error: unknown) => (error instanceof OperatingError ? error.code : 'error'),
  );
}

t.test('what was decided is seen at once, and by the transaction itself', async (t) => {
  const storage = new HeldStorage();
  storage.held = true;
  const store = open(storage);
  const { value } = store.transact((transaction) => {
    transaction.put('a', bytes('1'));
    const own = textOf(transaction.get('a'));
    transaction.delete('a');
    const gone = transaction.get('a');
    transaction.put('a', bytes('2'));
    return [own, gone, textOf(transaction.get('a'))];
  });
  t.strictSame(value, ['1', undefined, '2']);
  t.equal(textOf(store.get('a')), '2');
  await turn();
  store.transact((transaction) => transaction.delete('a'));
  t.equal(store.get('a'), undefined, 'newer than what is in flight');
  t.equal(storage.get('a'), undefined);
});

t.test('a transaction that throws leaves nothing', async (t) => {
  const store = open();
  await put(store, 'a', '1');
  t.throws(() =>
    store.transact((transaction) => {
      transaction.put('a', bytes('2'));
      transaction.put('b', bytes('2'));
      throw new Error('no');
    }),
  );
  t.equal(textOf(store.get('a')), '1');
  t.equal(store.get('b'), undefined);
});

t.test('all of one turn share a batch; what comes meanwhile makes the next', async (t) => {
  const storage = new HeldStorage();
  storage.held = true;
  const store = open(storage);
  const first = [put(store, 'a', '1'), put(store, 'b', '1', 'os'), put(store, 'a', '2')];
  await turn();
  t.equal(storage.waiting.length, 1);
  const second = [put(store, 'c', '1', 'os'), put(store, 'd', '1', 'os')];
  await turn();
  t.equal(storage.waiting.length, 1, 'one in flight');
  t.equal(await stateOf(Promise.all(first)), 'pending');
  await storage.release();
  t.equal(await stateOf(Promise.all(first)), 'resolved');
  t.equal(await stateOf(Promise.race(second)), 'pending');
  await storage.release();
  await Promise.all(second);
  t.strictSame(
    storage.done.map(({ keys, sync }) => [keys.join(' '), sync]),
    [
      ['a b m/commit', true],
      ['c d', false],
    ],
  );
  t.equal(store.commitNumber, 1);
});

t.test('an acknowledgement means what was asked', async (t) => {
  const storage = new HeldStorage();
  storage.held = true;
  const store = open(storage);
  t.equal(await stateOf(put(store, 'a', '1', 'memory')), 'resolved', 'memory: at once');
  await storage.release();
  const os = put(store, 'b', '1', 'os');
  t.equal(await stateOf(os), 'pending', 'os: when the batch is written');
  await storage.release();
  t.equal(await stateOf(os), 'resolved');
  t.equal(storage.done.at(-1)?.sync, false);
  t.ok(store.whenDurable('b'), 'written, not synced');
  await turn();
  await storage.release();
  t.equal(store.whenDurable('b'), undefined, 'synced');
  t.equal(store.whenDurable('never'), undefined);
});

t.test('whenDurable waits for what get shows', async (t) => {
  const storage = new HeldStorage();
  storage.held = true;
  const store = open(storage);
  void put(store, 'a', '1');
  await turn();
  const inFlight = store.whenDurable('a');
  void put(store, 'a', '2', 'os');
  const gathering = store.whenDurable('a');
  await storage.release();
  t.equal(await stateOf(Promise.resolve(inFlight)), 'resolved');
  t.equal(await stateOf(Promise.resolve(gathering)), 'pending', 'the newer one is not there yet');
  await storage.release();
  t.equal(await stateOf(Promise.resolve(gathering)), 'resolved');
  t.ok(storage.done.at(-1)?.sync, 'and was synced for it');
});

t.test('a transaction that changes nothing resolves too', async (t: Test) => {
  const storage = new HeldStorage();
  storage.held = true;
  const store = open(storage);
  void put(store, 'a', '1');
  await turn();
  const nothing = store.transact(() => undefined, 'os').committed;
  await storage.release();
  await turn();
  if (storage.waiting.length > 0) await storage.release();
  t.equal(await stateOf(nothing), 'resolved');
});

t.test('a failed batch refuses those in it, those behind it, and all after it', async (t) => {
  const storage = new HeldStorage();
  storage.held = true;
  const store = open(storage);
  const inFlight = put(store, 'a', '1');
  await turn();
  const behind = put(store, 'b', '1');
  const closing = store.whenDurable('a');
  await storage.fail();
  t.equal(await stateOf(inFlight), 'storage_failed');
  t.equal(await stateOf(behind), 'storage_failed');
  t.equal(await stateOf(Promise.resolve(closing)), 'storage_failed');
  await inFlight.catch((error: OperatingError) => t.equal(error.outcome, 'unknown'));
  t.throws(() => put(store, 'c', '1'), { code: 'storage_failed', outcome: 'none' });
  t.equal(store.failure?.code, 'storage_failed');
  t.equal(store.get('c'), undefined);
  await store.close();
  t.ok(storage.closed);
});

t.test('bytes that wait have a bound; the rest is refused and nothing of it is kept', async (t) => {
  const storage = new HeldStorage();
  storage.held = true;
  const store = open(storage, 1_000);
  const first = put(store, 'a', 'x'.repeat(1_500));
  t.throws(() => put(store, 'b', '1'), { code: 'overloaded', outcome: 'none' });
  t.equal(store.get('b'), undefined);
  const durable = store.whenDurable('a');
  t.ok(durable, 'a read that waits for the disk is no write');
  await turn();
  await storage.release();
  t.equal(await stateOf(Promise.all([first, durable])), 'resolved');
  const last = put(store, 'b', '1');
  await turn();
  await storage.release();
  await last;
  t.equal(textOf(storage.get('b')), '1');
});

t.test('close writes what waits, however much it is', async (t) => {
  const storage = new HeldStorage();
  const store = open(storage, 100);
  void put(store, 'a', 'x'.repeat(500), 'memory');
  await store.close();
  t.equal(storage.get('a')?.length, 500);
  t.ok(storage.closed);
  t.throws(() => put(store, 'b', '1'), { code: 'not_ready' });
  await store.close();
});

t.test('commit numbers go on after a restart', async (t) => {
  const storage = new HeldStorage();
  const store = open(storage);
  for (const key of ['a', 'b', 'c']) await put(store, key, '1');
  const again = open(await storage.afterCrash());
  t.equal(again.commitNumber, 3);
});

t.test('a crash leaves a prefix with all that was acknowledged as synced', async () => {
  const durability = fc.constantFrom<Durability>('sync', 'os', 'memory');
  const steps = fc.array(fc.tuple(fc.nat(3), durability, fc.nat(2)), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(4), async (steps, extra) => {
      const storage = new HeldStorage();
      storage.held = true;
      const store = open(storage);
      let acknowledged = 0;
      const values: string[][] = [['', '', '', '']];
      for (const [i, [key, durability, releases]] of steps.entries()) {
        const { committed } = store.transact((transaction) => {
          transaction.put(`k${key}`, bytes(`${i}`));
        }, durability);
        values.push((values.at(-1) ?? []).with(key, `${i}`));
        if (durability === 'sync') {
          committed.then(
            () => {
              acknowledged = Math.max(acknowledged, i + 1);
            },
            () => undefined,
          );
        }
        await turn();
        for (let n = 0; n < releases && storage.waiting.length > 0; n += 1) await storage.release();
      }
      const found = await storage.afterCrash(extra);
      const state = ['k0', 'k1', 'k2', 'k3'].map((key) => textOf(found.get(key)) ?? '').join();
      return values.some((value, i) => i >= acknowledged && value.join() === state);
    }),
    { numRuns: 1_000 },
  );
});

t.test('while it closes it writes what is queued, and takes nothing more', async (t) => {
  const storage = new HeldStorage();
  storage.held = true;
  const store = open(storage);
  const early = put(store, 'a', '1');
  await turn();
  const queued = put(store, 'b', '2');
  const closing = store.close();
  t.throws(() => put(store, 'c', '3'), { code: 'not_ready', outcome: 'none' });
  while (storage.waiting.length > 0) await storage.release();
  await Promise.all([early, queued, closing]);
  t.strictSame([store.failure, storage.closed], [undefined, true]);
});
