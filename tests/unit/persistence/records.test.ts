/** Records: what is stored comes back, and what was damaged or moved does not. */
import fc from 'fast-check';
import t from 'tap';
import { OperatingError } from '../../../lib/errors.js';
import { STORED_FORMAT } from '../../../lib/persistence/checksummed.js';
import { decodeRecord, encodeRecord } from '../../../lib/persistence/records.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import type { Siblings } from '../../../lib/versioning/siblings.js';
import { anySiblings, plainSiblings, versionUnder } from '../versioning/arbitraries.js';

const RUNS = { numRuns: 10_000 };
const at = recordKey('default', 'k', 256);

function refused(decode: () => unknown): boolean {
  try {
    decode();
    return false;
  } catch (error) {
    return error instanceof OperatingError && error.code === 'corrupt_bytes';
  }
}

/** All of a state, to compare by. */
function plain(siblings: Siblings): string {
  const contents = siblings.versions.map(({ value, contentType, writtenAt, expiresAt }) => [
    Buffer.from(value).toString('hex'),
    contentType,
    writtenAt,
    expiresAt,
  ]);
  return JSON.stringify([plainSiblings(siblings), contents]);
}

const anyContent = fc.record({
  value: fc.uint8Array({ maxLength: 300 }),
  contentType: fc.string({ unit: 'grapheme', maxLength: 20 }),
  writtenAt: fc.integer({ min: 0, max: 4e15 }),
  expiresAt: fc.option(fc.integer({ min: 1, max: 4e12 }), { nil: undefined }),
});

/** A sound state with arbitrary contents. */
const anyRecord: fc.Arbitrary<Siblings> = fc
  .tuple(anySiblings, fc.array(anyContent, { minLength: 5, maxLength: 5 }))
  .map(([siblings, contents]) => ({
    ...siblings,
    versions: siblings.versions.map((version, i) => ({ ...version, ...contents[i] })),
  }));

t.test('a record comes back as it was, in the same bytes', async () => {
  fc.assert(
    fc.property(anyRecord, (siblings) => {
      const bytes = encodeRecord(at, siblings);
      const decoded = decodeRecord(at, bytes);
      return (
        plain(decoded) === plain(siblings) && Buffer.compare(encodeRecord(at, decoded), bytes) === 0
      );
    }),
    RUNS,
  );
});

t.test('any damage is noticed: flipped, cut, added, zeroed, moved', async () => {
  const damage = fc.record({
    what: fc.constantFrom('flip', 'cut', 'add', 'zero', 'swap'),
    where: fc.nat(),
    bits: fc.integer({ min: 1, max: 255 }),
  });
  fc.assert(
    fc.property(anyRecord, damage, (siblings, { what, where, bits }) => {
      const bytes = encodeRecord(at, siblings);
      const position = where % bytes.length;
      let damaged = new Uint8Array(bytes);
      if (what === 'flip') damaged[position] = (damaged[position] ?? 0) ^ bits;
      else if (what === 'cut') damaged = damaged.slice(0, position);
      else if (what === 'add') damaged = new Uint8Array([...damaged, bits]);
      else if (what === 'zero') damaged.fill(0, position, position + bits);
      else damaged = new Uint8Array([...damaged.slice(position), ...damaged.slice(0, position)]);
      return Buffer.compare(damaged, bytes) === 0 || refused(() => decodeRecord(at, damaged));
    }),
    RUNS,
  );
});

t.test('every byte of one record, each of its bits', async (t) => {
  const version = versionUnder({ writer: 'n1.1.0123456789ab', n: 1 }, 'value');
  const context = { vector: new Map([['n1.1.0123456789ab', 1]]), beyond: [] };
  const bytes = encodeRecord(at, { epoch: 1, context, versions: [version] });
  let survived = 0;
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = new Uint8Array(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    if (!refused(() => decodeRecord(at, flipped))) survived += 1;
  }
  t.equal(survived, 0);
});

t.test('a record is good for its own key alone', async () => {
  const name = fc.stringMatching(/^[ab]{1,3}$/);
  fc.assert(
    fc.property(anyRecord, name, name, name, name, (siblings, namespace, key, other, another) => {
      const bytes = encodeRecord(recordKey(namespace, key, 16), siblings);
      const isSame = namespace === other && key === another;
      return isSame || refused(() => decodeRecord(recordKey(other, another, 16), bytes));
    }),
    RUNS,
  );
});

t.test('random bytes are refused, with a header that looks right or not', async () => {
  const bytes = fc.uint8Array({ maxLength: 120 });
  fc.assert(
    fc.property(bytes, fc.boolean(), (bytes, isFormat) => {
      if (isFormat && bytes.length > 8) bytes[8] = STORED_FORMAT;
      return refused(() => decodeRecord(at, bytes));
    }),
    { numRuns: 20_000 },
  );
});
