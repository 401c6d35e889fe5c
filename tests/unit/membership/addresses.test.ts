/** What is known of the addresses of the members: it is stored, also where that failed at first. */
import t from 'tap';
import { Addresses } from '../../../lib/membership/addresses.js';
import { Store } from '../../../lib/persistence/store.js';
import { CountingObserver, HeldStorage, turn } from '../fakes.js';

t.test('an address that the store refused is stored when a node is next linked', async (t) => {
  const storage = new HeldStorage();
  const observer = new CountingObserver();
  const store = new Store({ storage, observer, queueBytesMax: 1_000 });
  const listed = new Map(['n2', 'n3'].map((id) => [id, `${id}:1`]));
  const options = { members: ['n2', 'n3'], listed, store, observer };
  const addresses = await Addresses.open(options);
  storage.held = true;
  store.transact((transaction) => transaction.put('filling', Buffer.alloc(2_000)));
  addresses.noteProven('n2', 'n2:moved');
  await turn();
  t.ok(observer.events.includes('the address of a node could not be stored'));
  storage.held = false;
  while (storage.waiting.length > 0) await storage.release();
  const stored = async (): Promise<string> =>
    (await Addresses.open({ ...options, store: storeOf(storage) })).likeliest('n2');
  t.equal(await stored(), 'n2:1', 'it was refused');
  addresses.noteProven('n2', 'n2:moved');
  await store.sync();
  t.equal(await stored(), 'n2:moved');
  const writes = storage.done.length;
  addresses.noteProven('n2', 'n2:moved');
  await turn();
  t.equal(storage.done.length, writes, 'once is enough');
});

function storeOf(storage: HeldStorage): Store {
  return new Store({ storage, observer: new CountingObserver(), queueBytesMax: 1_000 });
}
