/** States are encoded once for each key, and what was decided is its own bytes. */
import t from 'tap';
import { decodeState, encodeState } from '../../../lib/persistence/encoded-states.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { decodeRecord, encodeRecord } from '../../../lib/persistence/records.js';
import type { Siblings } from '../../../lib/versioning/siblings.js';

const WRITER = 'n1.1.0123456789ab';
const state: Siblings = {
  epoch: 1,
  context: { vector: new Map([[WRITER, 1]]), beyond: [] },
  versions: [
    {
      ...{ dot: { writer: WRITER, n: 1 }, state: 'value', contentType: 'text/plain' },
      ...{ value: Buffer.from('x'), writtenAt: 7, expiresAt: undefined },
    },
  ],
};
const [a, b] = [recordKey('default', 'a', 8), recordKey('other', 'a', 8)];

t.test('the bytes are those of the key that is asked for', async (t) => {
  const bytes = encodeState(a, state);
  t.ok(Buffer.from(encodeRecord(a, state)).equals(bytes));
  t.equal(encodeState(a, state), bytes, 'once');
  t.ok(Buffer.from(encodeRecord(b, state)).equals(encodeState(b, state)), 'of another namespace');
  t.ok(Buffer.from(encodeRecord(a, state)).equals(encodeState(a, state)), 'and of the first again');
});

t.test('what came as bytes goes on as these bytes', async (t) => {
  const bytes = encodeRecord(a, state);
  const decoded = decodeState(a, bytes);
  t.strictSame(decoded, decodeRecord(a, bytes));
  t.equal(encodeState(a, decoded), bytes);
  t.throws(() => decodeState(b, bytes), { code: 'corrupt_bytes' });
});
