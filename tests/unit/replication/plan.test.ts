/** Plans: the owners in their order, who stands in, whom to ask first, and how long they hold. */
import fc from 'fast-check';
import t from 'tap';
import { Ownership } from '../../../lib/partitioning/ownership.js';
import { type Ring, ownersOf } from '../../../lib/partitioning/ring.js';
import { historyOf, RingHistory } from '../../../lib/partitioning/ring-history.js';
import { foundRing } from '../../../lib/partitioning/ring-founding.js';
import type { ClusterView } from '../../../lib/replication/cluster-view.js';
import { Plan, planFor, Plans } from '../../../lib/replication/plan.js';

const rings: readonly Ring[] = [1, 2, 3, 5, 8].map((count) =>
  foundRing({
    cluster: 'test',
    partitionCount: 16,
    replicaCount: 3,
    members: Array.from({ length: count }, (_, i) => ({
      id: `n${i}`,
      zone: `z${i % 3}`,
      weight: 1,
    })),
  }),
);

const ownershipIn = (ring: Ring, self: string): Ownership =>
  new Ownership(self, () => historyOf(ring));

/** A ring, and how one of its nodes sees the others. */
const anyView = fc
  .record({
    ring: fc.constantFrom(...rings),
    self: fc.nat(7),
    down: fc.array(fc.nat(7)),
    suspects: fc.array(fc.nat(7)),
    behind: fc.array(fc.nat(7)),
    times: fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 8, maxLength: 8 }),
    partition: fc.nat(15),
  })
  .map(({ ring, self, down, suspects, behind, times, partition }) => {
    const own = ring.members[self % ring.members.length];
    const id = own?.id ?? '';
    const absent = new Set(down.map((i) => `n${i}`).filter((node) => node !== id));
    const silent = new Set(suspects.map((i) => `n${i}`));
    const view: ClusterView = {
      self: id,
      zone: own?.zone ?? '',
      revision: 0,
      isUp: (node) => !absent.has(node),
      isSuspect: (node) => silent.has(node),
      roundTripMilliseconds: (node) => times[Number(node.slice(1))] ?? 0,
    };
    const late = new Set(behind.map((i) => `n${i}`));
    return { ring, view, partition, isBehind: (node: string) => late.has(node) };
  });

t.test(
  'primaries are the owners, in the order of the ring, with what is known of them',
  async () => {
    fc.assert(
      fc.property(anyView, ({ ring, view, partition, isBehind }) => {
        const { primaries, zone } = planFor(
          ownershipIn(ring, view.self),
          partition,
          view,
          isBehind,
        );
        const owners = ownersOf(ring, partition);
        return (
          zone === view.zone &&
          primaries.map(({ node }) => node).join() === owners.join() &&
          primaries.every(({ node, up, zone }) => {
            const member = ring.members.find(({ id }) => id === node);
            return up === view.isUp(node) && member?.zone === zone;
          })
        );
      }),
      { numRuns: 10_000 },
    );
  },
);

t.test('stand-ins are up, distinct, no primaries, and this node last', async () => {
  fc.assert(
    fc.property(anyView, ({ ring, view, partition, isBehind }) => {
      const candidates = planFor(ownershipIn(ring, view.self), partition, view, isBehind).standIns;
      const owners = ownersOf(ring, partition);
      const others = candidates.slice(0, -1);
      const possible = ring.members.filter(
        ({ id }) => id !== view.self && view.isUp(id) && !owners.includes(id),
      );
      return (
        candidates.at(-1) === view.self &&
        new Set(candidates).size === candidates.length &&
        others.length === possible.length &&
        others.every((node) => possible.some(({ id }) => id === node))
      );
    }),
    { numRuns: 10_000 },
  );
});

t.test(
  'asked first: this node, its zone, by round trip, who is behind, suspects; never who is down',
  async () => {
    fc.assert(
      fc.property(anyView, ({ ring, view, partition, isBehind }) => {
        const plan = planFor(ownershipIn(ring, view.self), partition, view, isBehind);
        const nearest = plan.order;
        const order = nearest.flatMap((id) => plan.primaries.filter(({ node }) => node === id));
        const rank = ({ node, zone }: (typeof order)[number]): number => {
          const late = isBehind(node) ? 1e6 : 0;
          if (node === view.self) return late - 1;
          const far = (zone === view.zone ? 0 : 1e9) + (view.isSuspect(node) ? 1e12 : 0);
          return far + late + view.roundTripMilliseconds(node);
        };
        return (
          nearest.length === plan.primaries.filter(({ up }) => up).length &&
          order.length === nearest.length &&
          order.every(({ up }) => up) &&
          order.every((primary, i) => i === 0 || rank(order[i - 1] ?? primary) <= rank(primary))
        );
      }),
      { numRuns: 10_000 },
    );
  },
);

t.test('a plan is kept while the revision of the view stands, and the ring', async (t) => {
  const [, , first, second] = rings;
  if (first === undefined || second === undefined) throw new Error('there are rings');
  let ring: Ring = first;
  let up = true;
  const view = {
    ...{ self: 'n0', zone: 'z0', revision: 0, isSuspect: () => false },
    ...{ isUp: () => up, roundTripMilliseconds: () => 0 },
  };
  const ownership = new Ownership('n0', () => historyOf(ring));
  const plans = new Plans({ ownership, view, isBehind: () => false });
  const before = plans.of(3);
  t.equal(plans.of(3), before);
  up = false;
  t.equal(plans.of(3), before, 'who changes without a new revision is not seen');
  view.revision += 1;
  const after = plans.of(3);
  t.strictSame(after.order, []);
  t.equal(after.absent.length, 3);
  ring = { ...second, epoch: 2 };
  t.equal(plans.of(3).epoch, 2);
});

t.test('a plan that was made in a silence does not outlast it', async (t) => {
  const [, , ring] = rings;
  if (ring === undefined) throw new Error('there are rings');
  let up = true;
  const view = {
    ...{ self: 'n0', zone: 'z0', revision: 0, isSuspect: () => false },
    ...{ isUp: () => up, roundTripMilliseconds: () => 0 },
  };
  const plans = new Plans({ ownership: ownershipIn(ring, 'n0'), view, isBehind: () => false });
  plans.of(3);
  // A node that stood still finds its peers silent, before a heartbeat has brought a new revision.
  up = false;
  t.not(plans.of(4).absent.length, 0);
  t.not(plans.of(3).absent.length, 0, 'all plans see the same');
  up = true;
  view.revision += 1;
  t.strictSame(plans.of(4).absent, []);
  t.strictSame(plans.of(3).absent, []);
});

t.test('plans stay where the view says the same, and are those of the view where not', async () => {
  fc.assert(
    fc.property(fc.array(anyView, { minLength: 2, maxLength: 6 }), (seen) => {
      const [first] = seen;
      if (first === undefined) return false;
      const { ring, partition } = first;
      const self = first.view.self;
      let now = first;
      const view: ClusterView = {
        self,
        zone: first.view.zone,
        get revision() {
          return seen.indexOf(now);
        },
        isUp: (node) => node === self || now.view.isUp(node),
        isSuspect: (node) => now.view.isSuspect(node),
        roundTripMilliseconds: (node) => now.view.roundTripMilliseconds(node),
      };
      const isBehind = (node: string): boolean => now.isBehind(node);
      const ownership = ownershipIn(ring, self);
      const plans = new Plans({ ownership, view, isBehind });
      return seen.every((one) => {
        now = one;
        const kept = plans.of(partition);
        const fresh = planFor(ownership, partition, view, isBehind);
        return (
          kept.order.join() === fresh.order.join() &&
          kept.absent.join() === fresh.absent.join() &&
          kept.standIns.join() === fresh.standIns.join()
        );
      });
    }),
    { numRuns: 3_000 },
  );
});

t.test('a heartbeat that changes nothing keeps the plans', async (t) => {
  const [, , ring] = rings;
  if (ring === undefined) throw new Error('there are rings');
  const times = new Map([
    ['n1', 1],
    ['n2', 2],
  ]);
  const view = {
    ...{ self: 'n0', zone: 'z0', revision: 0, isSuspect: () => false, isUp: () => true },
    roundTripMilliseconds: (node: string) => times.get(node) ?? 0,
  };
  const plans = new Plans({ ownership: ownershipIn(ring, 'n0'), view, isBehind: () => false });
  const before = plans.of(3);
  view.revision += 1;
  times.set('n2', 1.5);
  t.equal(plans.of(3), before);
  view.revision += 1;
  times.set('n2', 0.5);
  t.strictSame(plans.of(3).order, ['n0', 'n2', 'n1'], 'another is nearer');
});

t.test('two sets of owners: each once, and a level asks both', async (t) => {
  const primary = (node: string) => ({ node, zone: 'z', up: node !== 'd' });
  const sets = [['a', 'b', 'c'].map(primary), ['b', 'c', 'd'].map(primary)];
  const order = ['a', 'b', 'c'];
  const parts = { partition: 0, epoch: 2, sets, order, standIns: [], self: 'a', zone: 'z' };
  const plan = new Plan(parts);
  t.strictSame(
    plan.primaries.map(({ node }) => node),
    ['a', 'b', 'c', 'd'],
  );
  t.strictSame(plan.absent, ['d']);
  const two = (owners: readonly { readonly node: string }[]) => [
    { nodes: owners.map(({ node }) => node), required: 2 },
  ];
  const isOld = (owners: readonly { readonly node: string }[]) => owners[0]?.node === 'a';
  const rule = {
    ...{ name: 'two', requires: two, repairsTo: () => 'none' as const },
    promises: (owners: readonly { readonly node: string }[]) => ({
      ...{ settlesAcceptances: true, provesMiss: isOld(owners) },
      ...{ readsBeforeWrite: false, endsRaces: !isOld(owners) },
    }),
  };
  t.equal(plan.under(rule).quorum.required, 4);
  t.equal(plan.under(rule), plan.under(rule), 'worked out once');
  const { settlesAcceptances, provesMiss, readsBeforeWrite, endsRaces } = plan.under(rule);
  t.strictSame([settlesAcceptances, provesMiss], [true, false], 'it must promise it in both sets');
  t.strictSame([readsBeforeWrite, endsRaces], [false, false]);
  t.ok(plan.under(rule).quorum.isPossibleFor(['b', 'c']));
  t.notOk(plan.under(rule).quorum.isPossibleFor(['a', 'b']), 'the second set has one');
});

t.test(
  'while two rings count, a plan has a set of owners of each, and stand-ins of neither',
  async () => {
    fc.assert(
      fc.property(anyView, ({ ring, view, partition, isBehind }) => {
        const [, , , five, eight] = rings;
        if (five === undefined || eight === undefined) return false;
        const history = new RingHistory([five, { ...eight, epoch: 2 }]);
        const ownership = new Ownership(view.self, () => history);
        const plan = planFor(ownership, partition, view, isBehind);
        const owners = [five, eight].map((one) => ownersOf(one, partition));
        return (
          ring.epoch === 1 &&
          plan.epoch === 2 &&
          plan.sets.map((set) => set.map(({ node }) => node).join()).join('|') ===
            owners.map((set) => set.join()).join('|') &&
          plan.primaries.length === new Set(owners.flat()).size &&
          plan.standIns.slice(0, -1).every((node) => !owners.flat().includes(node))
        );
      }),
      { numRuns: 3_000 },
    );
  },
);
