/** Values on the admin page: numbers are shown and written again as they were written. */
import fc from 'fast-check';
import t from 'tap';
import { parseExact, writeExact } from '../../../lib/admin-page/logic/exact-json.js';
import { bodyOf, valueToText } from '../../../lib/admin-page/logic/values.js';

t.test('numbers keep their digits, wherever they stand', async (t) => {
  const texts = [
    ...['12345678901234567891', '1.10', '-0', '1e400', '1E5', '0.1', '-7'],
    '{"id":12345678901234567891,"price":1.10,"list":[1.0,{"n":2.50}]}',
    ...['"12345678901234567891"', '"a \\"1.10\\" b"', '"\\\\"', '{"1.10":"1.10"}'],
    ...['"\\u0000n1.10"', '"\\u0000"', '["\\u0000s",1.10]', '{"\\u0000n1":1.10}'],
  ];
  for (const text of texts) t.equal(writeExact(parseExact(text)), text);
  t.equal(writeExact(undefined), undefined);
  t.ok(Array.isArray(parseExact('[0.5,"x"]')));
  t.throws(() => parseExact('{'), SyntaxError);
});

t.test('what a double holds is a number, and any JSON comes out as it went in', async (t) => {
  t.strictSame(parseExact('{"at_ms":1.5,"n":3,"big":9007199254740991}'), {
    ...{ at_ms: 1.5, n: 3, big: 9_007_199_254_740_991 },
  });
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      return writeExact(parseExact(text)) === text;
    }),
  );
});

t.test('a value that is shown, edited or restored is the value that was stored', async (t) => {
  const held = parseExact('{"value":{"account":12345678901234567891,"owed":1.10}}');
  const value = held as { readonly value: unknown };
  t.equal(valueToText(value), '{\n  "account": 12345678901234567891,\n  "owed": 1.10\n}');
  t.equal(bodyOf(value).body, '{"value":{"account":12345678901234567891,"owed":1.10}}');
});
