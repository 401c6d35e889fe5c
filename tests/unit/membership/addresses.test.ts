/** Where members are called: by the list, by what they prove, and by what others report (M5). */
import t from 'tap';
import type { LogFields } from '../../../lib/environment/observer.js';
import { Addresses } from '../../../lib/membership/addresses.js';
import { Store } from '../../../lib/persistence/store.js';
import { CountingObserver, HeldStorage } from '../fakes.js';

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
