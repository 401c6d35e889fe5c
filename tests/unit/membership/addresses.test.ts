/** Where members are called: by the list, by what they prove, and by what others report (M5). */
import t from 'tap';
import type { LogFields } from '../../../lib/environment/observer.js';
import { Addresses } from '../../../lib/membership/addresses.js';
import { Store } from '../../../lib/persistence/store.js';
import { CountingObserver, HeldStorage, turn } from '../fakes.js';

class LoggingObserver extends CountingObserver {
  readonly lines: [event: string, fields: LogFields | undefined][] = [];

  override log(severity: string, event: string, fields?: LogFields): void {
    super.log(severity, event, fields);
    this.lines.push([event, fields]);
  }
}

async function open(listed: Record<string, string>, storage = new HeldStorage()) {
  const observer = new LoggingObserver();
  const store = new Store({ storage, observer, queueBytesMax: 1_000_000 });
  const addresses = await Addresses.open({
    ...{ members: ['n1', 'n2', 'n3'], listed: new Map(Object.entries(listed)), store, observer },
  });
  let changes = 0;
  addresses.onChanged(() => {
    changes += 1;
  });
  return { addresses, observer, store, storage, changes: () => changes };
}

const LIST = { n1: 'a1:1', n2: 'a2:1', n3: 'a3:1' };

t.test('a list that has changed beats what was learnt, and the log says so', async (t) => {
  const { addresses, observer, store, storage } = await open(LIST);
  t.strictSame(observer.lines, [], 'a first start moves nobody');
  addresses.noteProven('n2', 'b2:1');
  await store.sync();
  const same = await open(LIST, await storage.afterCrash());
  t.strictSame(same.observer.lines, []);
  t.equal(same.addresses.likeliest('n2'), 'b2:1', 'what was proven is kept');
  const moved = await open({ ...LIST, n2: 'c2:1' }, await storage.afterCrash());
  t.strictSame(moved.observer.lines, [
    [
      'the list of founders gives a node another address',
      { peer: 'n2', before: 'a2:1', now: 'c2:1' },
    ],
  ]);
  t.strictSame(moved.addresses.of('n2'), ['c2:1']);
  t.strictSame(moved.addresses.of('n3'), ['a3:1']);
});

t.test('what a member reports is called first, until the node says where it is', async (t) => {
  const { addresses, observer, changes } = await open(LIST);
  addresses.noteReported('n2', 'b2:1');
  t.strictSame(addresses.of('n2'), ['b2:1', 'a2:1'], 'the address before is not given up');
  t.equal(changes(), 1, 'and it is called there');
  t.strictSame(observer.lines, [
    ['a node has another address', { peer: 'n2', before: 'a2:1', now: 'b2:1' }],
  ]);
  addresses.noteReported('n2', 'b2:1');
  addresses.noteReported('n9', 'b9:1');
  addresses.noteReported('n3', '');
  t.equal(changes(), 1, 'what is no news changes nothing');
  addresses.noteProven('n2', 'c2:1');
  t.strictSame(addresses.of('n2'), ['c2:1', 'a2:1']);
  t.equal(changes(), 2);
});

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
