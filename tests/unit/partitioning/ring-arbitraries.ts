/** Random nodes and changes of nodes for the tests of partitioning. */
import fc from 'fast-check';
import type { PlacementInput } from '../../../lib/partitioning/placement.js';
import type { RingMember } from '../../../lib/partitioning/ring.js';

/** Nodes n0, n1, ... alike, in as many zones in turn. */
export function equalMembers(count: number, zones = 1): RingMember[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `n${index}`,
    zone: `z${index % zones}`,
    weight: 1,
  }));
}

const member = (zoneCount: number) =>
  fc.record({
    zone: fc.integer({ min: 0, max: zoneCount - 1 }).map((zone) => `z${zone}`),
    weight: fc.oneof(
      fc.constant(1),
      fc.integer({ min: 1, max: 4 }),
      fc.double({ min: 0.01, max: 100, noNaN: true }),
    ),
  });

/** 1 to `most` nodes of unequal weights in unequal zones. */
export function anyMembers(most = 16): fc.Arbitrary<RingMember[]> {
  return fc
    .integer({ min: 1, max: 7 })
    .chain((zoneCount) => fc.array(member(zoneCount), { minLength: 1, maxLength: most }))
    .map((rows) => rows.map((row, index) => ({ id: `n${index}`, ...row })));
}

/** What `place` takes, without a previous ring. Q is 1 to 256. */
export const anyPlacementInput: fc.Arbitrary<PlacementInput> = fc.record({
  members: anyMembers(),
  partitionCount: fc.integer({ min: 0, max: 8 }).map((exponent) => 2 ** exponent),
  replicaCount: fc.integer({ min: 1, max: 6 }),
});

/** A change of the nodes: some leave, one joins, weights and zones of the others differ or not. */
export const anyChange: fc.Arbitrary<(members: readonly RingMember[]) => RingMember[]> = fc
  .record({
    leavers: fc.array(fc.nat(15), { maxLength: 2 }),
    joins: fc.boolean(),
    weights: fc.array(fc.constantFrom(1, 1, 1, 0.5, 2), { minLength: 16, maxLength: 16 }),
    zones: fc.array(fc.option(fc.nat(4), { freq: 9 }), { minLength: 16, maxLength: 16 }),
  })
  .map(({ leavers, joins, weights, zones }) => (members) => {
    const stay = members
      .map((one, index) => ({
        ...one,
        weight: one.weight * (weights[index] ?? 1),
        zone: typeof zones[index] === 'number' && index % 5 === 0 ? `z${zones[index]}` : one.zone,
      }))
      .filter((_, index) => !leavers.includes(index));
    const newcomer = { id: 'new', zone: 'z0', weight: 1 };
    return joins || stay.length === 0 ? [...stay, newcomer] : stay;
  });
