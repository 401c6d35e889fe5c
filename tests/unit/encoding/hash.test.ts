/** 64 bits are 64 bits: of two texts that two 32-bit hashes take for one. */
import t from 'tap';
import { hash32Text, hash64, hash64Parts } from '../../../lib/encoding/hash.js';

const PAIR = [
  'n1.1.0123456789ab\u0000r009adefault\u0000key-413270',
  'n1.1.0123456789ab\u0000r00e5default\u0000key-946009',
] as const;

t.test('texts that hashes with two seeds take for one are told apart', async (t) => {
  const [one, other] = PAIR;
  for (const seed of [1, 2, 3]) t.equal(hash32Text(one, seed), hash32Text(other, seed));
  t.not(hash64Parts(one).low, hash64Parts(other).low);
  t.not(hash64Parts(one).high, hash64Parts(other).high);
});

t.test('the halves are those of the whole', async (t) => {
  for (const text of [...PAIR, '', 'ä']) {
    const { low, high } = hash64Parts(text);
    t.equal((BigInt(high >>> 0) << 32n) + BigInt(low >>> 0), hash64(text));
  }
});
