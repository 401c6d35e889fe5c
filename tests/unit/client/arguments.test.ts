/** A JSON value becomes what is stored, or is refused: nothing is stored as something else. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { ArgumentError, rawJson } from '../../../lib/client/client.js';
import { jsonOf, storedOf } from '../../../lib/client/values.js';

t.test('every JSON value is stored as itself', async (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      return isDeepStrictEqual(JSON.parse(jsonOf(value)), value);
    }),
    { numRuns: 200 },
  );
  t.same(storedOf({ apples: 1 }), { kind: 'json', text: '{"apples":1}' });
  const digits = { id: 12345678901234567890n, price: rawJson('1.10') };
  t.equal(jsonOf(digits), '{"id":12345678901234567890,"price":1.10}');
  t.equal(jsonOf([-0, 0]), '[-0,0]');
  // Data of somebody else that looks like what is stored is data.
  const data = { kind: 'json', text: '1' };
  t.same(storedOf(data), { kind: 'json', text: JSON.stringify(data) });
  t.match(storedOf(new Uint8Array(1)), { kind: 'bytes', contentType: 'application/octet-stream' });
  t.throws(() => jsonOf({ image: new Uint8Array(1) }), /the value\.image is not JSON/);
});

t.test('what JSON does not hold is refused, wherever it stands', async (t) => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const bad: readonly unknown[] = [
    ...[undefined, Number.NaN, Number.POSITIVE_INFINITY, Symbol('x'), () => 1, '\ud800'],
    ...[new Date(0), new Map(), new Uint16Array(1), /x/, new Error('x'), circle],
  ];
  for (const value of bad) {
    for (const whole of [value, [value], { a: { b: value } }]) {
      t.throws(() => jsonOf(whole), ArgumentError);
    }
  }
  // One hole, and a name that is no Unicode.
  t.throws(() => jsonOf(new Array(1)), /the value\[0\] is not JSON: undefined/);
  t.throws(() => jsonOf({ ['\udc00']: 1 }), ArgumentError);
  t.throws(() => jsonOf({ a: [0, undefined] }), /the value\.a\[1\] is not JSON: undefined/);
});
