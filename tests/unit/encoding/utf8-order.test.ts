/** The order of keys against that of Buffer. */
import fc from 'fast-check';
import t from 'tap';
import { compareUtf8 } from '../../../lib/encoding/utf8-order.js';

t.test('orders strings as their UTF-8 bytes', async (t) => {
  const text = fc.string({ unit: 'binary', maxLength: 6 });
  const property = fc.property(text, text, (a, b) => {
    const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
    return Math.sign(compareUtf8(a, b)) === expected;
  });
  t.doesNotThrow(() => {
    fc.assert(property, { numRuns: 5_000, examples: [['\uffff', '\u{10000}']] });
  });
});
