/** A JSON value becomes what is stored, or is refused: nothing is stored as something else. */
import fc from 'fast-check';
import t from 'tap';
import { ArgumentError, json, type JsonValue } from '../../../lib/client/client.js';

t.test('every JSON value is stored as itself', async (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const stored = json(value as JsonValue);
      t.equal(stored.kind, 'json');
      const text = stored.kind === 'json' ? stored.text : '';
      return JSON.stringify(JSON.parse(text)) === JSON.stringify(value);
    }),
    { numRuns: 200 },
  );
  t.same(json({ apples: 1 }), { kind: 'json', text: '{"apples":1}' });
});

t.test('what JSON does not hold is refused, wherever it stands', async (t) => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const bad: readonly unknown[] = [
    ...[undefined, Number.NaN, Number.POSITIVE_INFINITY, 1n, Symbol('x'), () => 1, '\ud800'],
    ...[new Date(0), new Map(), new Uint8Array(1), /x/, new Error('x'), circle],
  ];
  for (const value of bad) {
    for (const whole of [value, [value], { a: { b: value } }]) {
      t.throws(() => json(whole as never), ArgumentError);
    }
  }
  // One hole, and a name that is no Unicode.
  t.throws(() => json(new Array(1) as never), /the value\[0\] is not JSON: undefined/);
  t.throws(() => json({ ['\udc00']: 1 }), ArgumentError);
  t.throws(() => json({ a: [0, undefined] } as never), /the value\.a\[1\] is not JSON: undefined/);
});
