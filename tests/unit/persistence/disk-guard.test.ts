/** The disk guard: read-only below the reserve, with what is vital going on; back by itself. */
import fc from 'fast-check';
import t from 'tap';
import { DiskGuard, hasRoom } from '../../../lib/persistence/disk-guard.js';
import { Store, type Urgency } from '../../../lib/persistence/store.js';
import { CountingObserver, HeldStorage, ManualClock, SeededRandom, turn } from '../fakes.js';

const RESERVE = 1000;

function guarded() {
  const storage = new HeldStorage();
  const [observer, clock] = [new CountingObserver(), new ManualClock()];
  const store = new Store({ storage, observer, queueBytesMax: 10_000 });
  const random = new SeededRandom(1);
  const guard = new DiskGuard({ storage, store, clock, random, observer, reserveBytes: RESERVE });
  return { storage, store, guard, clock, observer };
}

const put = (store: Store, urgency?: Urgency): Promise<void> =>
  store.transact((transaction) => transaction.put('k', Buffer.from('v')), 'sync', urgency)
    .committed;

t.test('writes are refused below the reserve, reads and what is vital go on', async (t) => {
  const { storage, store, guard } = guarded();
  await put(store);
  storage.free = RESERVE - 1;
  await guard.check();
  const refused = { code: 'read_only', outcome: 'none', retryable: true };
  t.throws(() => put(store), refused);
  t.match(store.refusal, refused);
  t.equal(store.failure, undefined);
  t.equal(Buffer.from(store.get('k') ?? []).toString(), 'v');
  await put(store, 'vital');
  await store.sync();
  storage.free = RESERVE;
  await guard.check();
  t.throws(() => put(store), refused, 'not at once: it would flap');
  storage.free = RESERVE * 1.25;
  await guard.check();
  await put(store);
  t.equal(store.refusal, undefined);
});

t.test('what leaves less than there was goes on, down to a quarter of the reserve', async (t) => {
  const { storage, store, guard, clock } = guarded();
  storage.free = RESERVE / 2;
  await guard.check();
  t.equal(storage.compacted, 0, 'nothing was given up yet');
  await put(store, 'shrinking');
  await guard.check();
  t.equal(storage.compacted, 1);
  await guard.check();
  await put(store, 'shrinking');
  await guard.check();
  t.equal(storage.compacted, 1, 'not again at once');
  await clock.advance(10_001);
  await guard.check();
  t.equal(storage.compacted, 2);
  await turn();
  storage.free = RESERVE / 4 - 1;
  await guard.check();
  t.throws(() => put(store, 'shrinking'), { code: 'read_only' });
  t.equal(store.shrinkingRefusal?.code, 'read_only');
  await put(store, 'vital');
  storage.free = RESERVE / 4;
  await guard.check();
  await put(store, 'shrinking');
  t.throws(() => put(store), { code: 'read_only' });
});

t.test('what was given up is given back, also where nothing more may be given up', async (t) => {
  const { storage, store, guard, clock } = guarded();
  storage.free = RESERVE / 2;
  await put(store, 'shrinking');
  await guard.check();
  t.equal(storage.compacted, 1);
  // During the pause more is given up, and the room goes to others.
  await put(store, 'shrinking');
  storage.free = RESERVE / 4 - 1;
  await guard.check();
  t.throws(() => put(store, 'shrinking'), { code: 'read_only' });
  await clock.advance(10_001);
  await guard.check();
  t.equal(storage.compacted, 2);
  await clock.advance(60_000);
  await guard.check();
  t.equal(storage.compacted, 2, 'once: nothing was given up since');
});

t.test(
  'a start below a quarter of the reserve gives back what an earlier life gave up',
  async (t) => {
    const { storage, guard, clock } = guarded();
    storage.free = RESERVE / 8 - 1;
    await guard.check();
    t.equal(storage.compacted, 0, 'sorting takes room itself');
    storage.free = RESERVE / 4 - 1;
    for (let i = 0; i < 3; i += 1) {
      await guard.check();
      await clock.advance(20_000);
    }
    t.equal(storage.compacted, 1);
  },
);

t.test('it looks twice a second, and a look that fails changes nothing', async (t) => {
  const { storage, store, guard, clock, observer } = guarded();
  guard.start();
  storage.free = 0;
  await clock.advance(550);
  t.equal(store.refusal?.code, 'read_only');
  storage.freeBytes = () => Promise.reject(new Error('no such device'));
  await clock.advance(550);
  t.equal(store.refusal?.code, 'read_only');
  t.ok(observer.events.includes('background task failed'));
  storage.freeBytes = () => Promise.resolve(undefined);
  await clock.advance(550);
  t.equal(store.refusal?.code, 'read_only', 'nobody knows: as before');
  await guard.stop();
});

t.test('a disk that failed stays failed, however much room there is', async (t) => {
  const { storage, store, guard } = guarded();
  storage.held = true;
  const lost = put(store);
  await turn();
  await storage.fail();
  await t.rejects(lost, { code: 'storage_failed', outcome: 'unknown' });
  t.match(await store.failed, { code: 'storage_failed' });
  storage.free = 1e9;
  await guard.check();
  t.equal(store.refusal?.code, 'storage_failed');
  t.throws(() => put(store, 'vital'), { code: 'storage_failed', outcome: 'none' });
});

t.test('between the reserve and where writes resume, it stays as it is', (t) => {
  fc.assert(
    fc.property(fc.nat(3000), fc.integer({ min: 1, max: 1000 }), fc.boolean(), (free, by, had) => {
      const room = hasRoom(free, by, had);
      if (free < by) return !room;
      return free >= by * 1.25 ? room : room === had;
    }),
    { numRuns: 10_000 },
  );
  t.ok(hasRoom(0, 0, false), 'a reserve of nothing is never missing');
  t.end();
});
