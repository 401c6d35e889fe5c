/** The ring: founded purely, identified by its hash, read back only as it was written. */
import fc from 'fast-check';
import t from 'tap';
import { decode, encode } from '../../../lib/encoding/codec.js';
import { OperatingError } from '../../../lib/errors.js';
import { decodeRing, encodeRing } from '../../../lib/partitioning/ring-codec.js';
import { foundRing } from '../../../lib/partitioning/ring-founding.js';
import { ownedPartitions, ownersOf } from '../../../lib/partitioning/ring.js';
import { ringHash } from '../../../lib/partitioning/ring-codec.js';
import { anyPlacementInput, equalMembers } from './ring-arbitraries.js';

const input = {
  cluster: 'test',
  partitionCount: 64,
  replicaCount: 3,
  members: equalMembers(5, 3),
};
const ring = foundRing(input);

function errorOf(attempt: () => unknown): OperatingError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof OperatingError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

t.test('a founded ring has epoch 1, sorted members, and a hash of its own', async (t) => {
  t.equal(ring.epoch, 1);
  t.match(ring.hash, /^[0-9a-f]{16}$/);
  t.equal(foundRing({ ...input, members: [...input.members].reverse() }).hash, ring.hash);
});

t.test('any difference between the lists gives another hash', async (t) => {
  const [first, ...rest] = input.members;
  t.ok(first);
  const differing = [
    { ...input, cluster: 'other' },
    { ...input, partitionCount: 128 },
    { ...input, replicaCount: 2 },
    { ...input, members: rest },
    ...[{ id: 'n9' }, { zone: 'z9' }, { weight: 2 }].map((change) => ({
      ...input,
      members: [{ ...equalMembers(1)[0], ...change } as (typeof rest)[number], ...rest],
    })),
  ];
  const hashes = new Set(differing.map((other) => foundRing(other).hash));
  t.equal(hashes.size, differing.length);
  t.notOk(hashes.has(ring.hash));
});

t.test(
  'N beyond the nodes is kept in the ring, though it cannot matter to the owners',
  async (t) => {
    const three = foundRing({ ...input, members: equalMembers(3), replicaCount: 3 });
    const five = foundRing({ ...input, members: equalMembers(3), replicaCount: 5 });
    t.same(five.owners, three.owners);
    t.not(five.hash, three.hash);
  },
);

t.test('a wrong list is refused with the field', async (t) => {
  const [first, ...rest] = equalMembers(3);
  t.ok(first);
  const withFirst = (change: object) => ({ ...input, members: [{ ...first, ...change }, ...rest] });
  const wrong: [string, object][] = [
    ['cluster', { ...input, cluster: '' }],
    ['partitionCount', { ...input, partitionCount: 100 }],
    ['partitionCount', { ...input, partitionCount: 8_192 }],
    ['replicaCount', { ...input, replicaCount: 0 }],
    ['replicaCount', { ...input, replicaCount: 1.5 }],
    ['members', { ...input, members: [] }],
    ['members.id', withFirst({ id: '' })],
    ['members.id', withFirst({ id: 'n1' })],
    ['members.weight', withFirst({ weight: 0 })],
    ['members.weight', withFirst({ weight: Number.NaN })],
    ['members.weight', withFirst({ weight: Number.POSITIVE_INFINITY })],
  ];
  for (const [field, founding] of wrong) {
    const error = errorOf(() => foundRing(founding as typeof input));
    t.equal(error.code, 'invalid_request', field);
    t.equal(error.details['field'], field, field);
  }
});

t.test('a ring comes back from its bytes, and gives the same bytes again', async (t) => {
  fc.assert(
    fc.property(anyPlacementInput, fc.string({ minLength: 1 }), (placement, cluster) => {
      const founded = foundRing({ ...placement, cluster });
      const bytes = encodeRing(founded);
      const back = decodeRing(bytes);
      t.same(back, founded);
      return Buffer.compare(encodeRing(back), bytes) === 0;
    }),
    { numRuns: 100 },
  );
});

t.test('every changed byte and every cut is refused as corrupt', async (t) => {
  const bytes = encodeRing(ring);
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Uint8Array.from(bytes);
    changed[index] = (changed[index] ?? 0) ^ (1 << (index % 8));
    if (errorOf(() => decodeRing(changed)).code !== 'corrupt_bytes') t.fail(`byte ${index}`);
    const cut = bytes.slice(0, index);
    if (errorOf(() => decodeRing(cut)).code !== 'corrupt_bytes') t.fail(`cut at ${index}`);
  }
  t.equal(errorOf(() => decodeRing(Uint8Array.of(...bytes, 0))).code, 'corrupt_bytes', 'a tail');
});

t.test('any bytes at all end in a ring or in corrupt_bytes', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      return errorOf(() => decodeRing(Uint8Array.of(1, ...bytes))).code === 'corrupt_bytes';
    }),
    { numRuns: 5_000 },
  );
  t.pass('held for all');
});

t.test('a broken ring is refused though its hash is right', async (t) => {
  const broken = [
    { ...ring, members: [...ring.members].reverse() },
    { ...ring, owners: ring.owners.map((row) => row.map(() => 0)) },
    { ...ring, owners: ring.owners.map((row) => row.map((node) => node + 3)) },
    { ...ring, owners: ring.owners.slice(1) },
    { ...ring, epoch: 0 },
    { ...ring, epoch: 1.5 },
    { ...ring, partitionCount: 63 },
    { ...ring, replicaCount: 0 },
    { ...ring, cluster: '' },
    { ...ring, members: ring.members.map((member) => ({ ...member, id: 'n1' })) },
  ];
  for (const [index, one] of broken.entries()) {
    const bytes = encodeRing({ ...one, hash: ringHash(one) });
    t.equal(errorOf(() => decodeRing(bytes)).code, 'corrupt_bytes', `broken ring ${index}`);
  }
});

t.test('fields of wrong types are refused', async (t) => {
  const row = decode(encodeRing(ring).subarray(1)) as unknown[];
  for (const wrong of [null, -1, {}, [], [1], [[1, 2, 3, 4]], 'text', 1e300]) {
    for (let field = 0; field < row.length; field += 1) {
      const body = encode(row.with(field, wrong));
      const bytes = Uint8Array.of(1, ...body);
      t.equal(errorOf(() => decodeRing(bytes)).code, 'corrupt_bytes', `field ${field}: ${wrong}`);
    }
  }
});

t.test('owners by id, the same array at every call, and the partitions of a node', async (t) => {
  for (let partition = 0; partition < ring.partitionCount; partition += 1) {
    const owners = ownersOf(ring, partition);
    t.same(
      owners,
      ring.owners[partition]?.map((node) => ring.members[node]?.id),
    );
    t.equal(ownersOf(ring, partition), owners);
    for (const { id } of ring.members) {
      t.equal(ownedPartitions(ring, id).includes(partition), owners.includes(id));
    }
  }
  t.same(ownedPartitions(ring, 'stranger'), []);
  t.throws(() => ownersOf(ring, ring.partitionCount), /Invariant/);
});

t.test('the known hash: stored rings depend on it', async (t) => {
  t.equal(ring.hash, '7090f17e051e626b');
});
