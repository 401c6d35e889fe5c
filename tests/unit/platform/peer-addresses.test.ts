/** Where members may call from: the list, its names, and where they were seen. */
import t from 'tap';
import { PeerAddresses, plainAddress } from '../../../lib/platform/peer-addresses.js';
import { ManualClock, turn } from '../fakes.js';

t.test('one address has one form', async (t) => {
  const forms = [
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:10.0.0.1', '10.0.0.1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['FE80::1%eth0', 'fe80::1'],
    ['10.0.0.1', '10.0.0.1'],
    ['', ''],
  ] as const;
  for (const [given, plain] of forms) t.equal(plainAddress(given), plain);
});

t.test('addresses of the list, with and without names, as it changes', async (t) => {
  const clock = new ManualClock();
  const names = new Map([['db1', ['10.0.0.1', '::1']]]);
  const asked: string[] = [];
  const addresses = new PeerAddresses({
    clock,
    resolve: async (host) => {
      asked.push(host);
      const found = names.get(host);
      if (found === undefined) throw new Error('no such name');
      return found;
    },
  });
  addresses.set([
    { id: 'n1', addresses: ['db1:9080'] },
    { id: 'n2', addresses: ['[0:0::2]:9080'] },
    { id: 'n3', addresses: ['gone:9080'] },
  ]);
  t.ok(addresses.has('::2'), 'no name: known at once');
  await turn();
  t.ok(addresses.has('10.0.0.1') && addresses.has('::1'));
  t.notOk(addresses.has('10.0.0.9'));

  names.set('db1', ['10.0.0.9']);
  t.notOk(addresses.has('10.0.0.9'));
  await turn();
  t.equal(asked.length, 2, 'strangers do not cause a lookup each');
  await clock.advance(10_000);
  t.notOk(addresses.has('10.0.0.9'), 'this one begins the lookup');
  await turn();
  t.ok(addresses.has('10.0.0.9'), 'the member has moved');
  t.notOk(addresses.has('10.0.0.1'));

  addresses.note('n2', '::ffff:10.7.7.7');
  t.ok(addresses.has('10.7.7.7'), 'where it proved itself from');
  addresses.set([{ id: 'n1', addresses: ['db1:9080'] }]);
  await turn();
  t.notOk(addresses.has('10.7.7.7') || addresses.has('::2'), 'no member any more');
  t.ok(addresses.has('10.0.0.9'));
});
