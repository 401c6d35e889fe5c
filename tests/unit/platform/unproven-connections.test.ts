/** Who goes when too many wait without a proof, and whose room nobody else can take. */
import fc from 'fast-check';
import t from 'tap';
import { UnprovenConnections } from '../../../lib/platform/unproven-connections.js';

const LIMITS = {
  strangersMax: 6,
  strangersAddressMax: 3,
  membersMax: 4,
  membersAddressMax: 4,
};
const MEMBERS = new Set(['10.0.0.1', '10.0.0.2']);

function waiting(limits = LIMITS) {
  return new UnprovenConnections<string>(limits, (address) => MEMBERS.has(address));
}

t.test('the oldest of an address goes where that has too many', async (t) => {
  const unproven = waiting();
  const gone = ['a', 'b', 'c', 'd', 'e'].map((name) => unproven.add(name, '1.1.1.1'));
  t.same(gone, [undefined, undefined, undefined, 'a', 'b']);
  t.equal(unproven.add('alone', '2.2.2.2'), undefined);
  t.equal(unproven.size, 4);
});

t.test('where all is full the address with most gives room', async (t) => {
  const unproven = waiting();
  unproven.add('alone', '2.2.2.2');
  for (const name of ['a', 'b', 'c']) unproven.add(name, '1.1.1.1');
  for (const name of ['x', 'y']) unproven.add(name, '3.3.3.3');
  t.equal(unproven.add('new', '4.4.4.4'), 'a', 'not the oldest of all, who is alone');
  t.equal(unproven.add('z', '3.3.3.3'), 'x');
  t.equal(unproven.size, LIMITS.strangersMax);
});

t.test('room for addresses of members is nobody else’s', async (t) => {
  const unproven = waiting();
  for (let n = 0; n < 50; n += 1) unproven.add(`s${String(n)}`, `9.9.9.${String(n)}`);
  const gone = ['a', 'b', 'c', 'd'].map((name) => unproven.add(name, '10.0.0.1'));
  t.ok(gone.every((name) => name === undefined));
  t.equal(unproven.add('other', '10.0.0.2'), 'a', 'one member leaves room for another');
  t.equal(unproven.size, LIMITS.strangersMax + LIMITS.membersMax);
});

t.test('a network of IPv6 counts as one address', async (t) => {
  const unproven = waiting();
  const addresses = ['2001:db8::1', '2001:db8::2:1', '2001:db8:0:0:ffff::9', '2001:db8:0:1::1'];
  t.same(
    addresses.map((address) => unproven.add(address, address)),
    [undefined, undefined, undefined, undefined],
  );
  t.equal(unproven.add('next', '2001:db8:0:0:1:2:3:4'), '2001:db8::1');
  t.equal(unproven.add('other', '2001:db8:0:1::2'), undefined, 'another network');
});

t.test('limits hold whatever comes and goes, and the newest always stays', async (t) => {
  const address = fc.constantFrom('1.1.1.1', '2.2.2.2', '::1', '10.0.0.1', '10.0.0.2', '5.5.5.5');
  const step = fc.record({ address, leaves: fc.boolean() });
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const unproven = waiting();
    const inside = new Map<string, string>();
    for (const [i, { address, leaves }] of steps.entries()) {
      const name = String(i);
      const gone = unproven.add(name, address);
      inside.set(name, address);
      if (gone !== undefined && (gone === name || !inside.delete(gone))) return false;
      const [first] = inside.keys();
      if (leaves && first !== undefined) {
        unproven.delete(first);
        inside.delete(first);
      }
      if (unproven.size !== inside.size) return false;
      const members = [...inside.values()].filter((one) => MEMBERS.has(one)).length;
      if (members > LIMITS.membersMax) return false;
      if (inside.size - members > LIMITS.strangersMax) return false;
    }
    return true;
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2_000 }));
});
