/** The ticket on the own disk: the last thing of a life, gone with the first of the next. */
import t from 'tap';
import { leaveTicket, pickUpTicket, type Ticket } from '../../../lib/replica/ticket.js';
import { Store } from '../../../lib/persistence/store.js';
import { CountingObserver, HeldStorage } from '../fakes.js';

const TICKET: Ticket = {
  start: 3,
  id: '0123',
  voters: ['n2'],
  counts: [[7, ['n1.1.0123456789ab', 41]]],
};

const observer = new CountingObserver();

function storeOn(storage: HeldStorage): Store {
  return new Store({ storage, observer, queueBytesMax: 1_000_000 });
}

/** A disk as a clean stop leaves it. */
async function stopped(): Promise<HeldStorage> {
  const storage = new HeldStorage();
  const store = storeOn(storage);
  store.transact((transaction) => transaction.put('r', new Uint8Array(1)), 'os');
  await leaveTicket(store, TICKET);
  await store.close();
  return storage.afterCrash();
}

t.test('it is handed on to one life', async (t) => {
  const disk = await stopped();
  t.strictSame(await pickUpTicket(storeOn(disk), observer), TICKET);
  t.equal(await pickUpTicket(storeOn(await disk.afterCrash()), observer), undefined);
});

t.test('it is gone from the disk before it counts', async (t) => {
  const disk = await stopped();
  disk.held = true;
  let picked = false;
  const picking = pickUpTicket(storeOn(disk), observer).then(() => {
    picked = true;
  });
  await new Promise(setImmediate);
  t.notOk(picked);
  disk.held = false;
  while (disk.waiting.length > 0) await disk.release();
  await picking;
});

t.test('on a disk that is not as the clean stop left it, it counts for nothing', async (t) => {
  const disk = await stopped();
  const other = storeOn(disk);
  await other.sync();
  t.equal(await pickUpTicket(storeOn(await disk.afterCrash()), observer), undefined);
  t.ok(observer.events.some((event) => event.includes('not as it was')));
});

t.test('a damaged one counts as none', async (t) => {
  const disk = await stopped();
  const value = disk.get('m/ticket');
  if (value === undefined) throw new Error('there is a ticket');
  const spoilt = value.with(value.length - 1, (value.at(-1) ?? 0) ^ 1);
  await disk.write([{ type: 'put', key: 'm/ticket', value: spoilt }], { sync: true });
  t.equal(await pickUpTicket(storeOn(disk), observer), undefined);
});
