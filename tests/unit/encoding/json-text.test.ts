/** Values keep the text in which they were written, whatever surrounds them. */
import fc from 'fast-check';
import t from 'tap';
import { jsonMembers } from '../../../lib/encoding/json-text.js';

const blanks = fc.stringMatching(/^[ \t\n\r]{0,3}$/);

/** JSON texts with blanks, escapes and long numbers in them, as no program writes them. */
const { value: valueText } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      'null',
      'true',
      'false',
      '""',
      '[]',
      '{}',
      '12345678901234567890.10',
      '-0',
      '1E400',
    ),
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
    fc.constantFrom('"\\""', '"\\\\"', '"}"', '"\\ud800"', '"[,:"', '"\\u0022"'),
    fc
      .array(fc.tuple(blanks, tie('value'), blanks), { maxLength: 3 })
      .map((items) => `[${items.map((item) => item.join('')).join(',')}]`),
    fc
      .array(fc.tuple(blanks, fc.string(), blanks, blanks, tie('value'), blanks), { maxLength: 3 })
      .map((rows) =>
        rows.map(([a, name, b, c, value, d]) => `${a}${JSON.stringify(name)}${b}:${c}${value}${d}`),
      )
      .map((members) => `{${members.join(',')}}`),
  ),
}));

const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('__proto__', 'constructor', 'value', '\\', '"', '}', ''),
);

t.test('every member comes back as it was written', async () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(name, valueText, blanks, blanks, blanks, blanks), {
        selector: ([key]) => key,
        maxLength: 5,
      }),
      blanks,
      (rows, outer) => {
        const body = rows.map(
          ([key, value, a, b, c, d]) => `${a}${JSON.stringify(key)}${b}:${c}${value}${d}`,
        );
        const found = jsonMembers(`${outer}{${body.join(',') || outer}}${outer}`);
        if (found.kind !== 'object') throw new Error(found.kind);
        const expected = rows.map(([key, value]) => [key, value]);
        return JSON.stringify([...found.members]) === JSON.stringify(expected);
      },
    ),
    { numRuns: 1000 },
  );
});

t.test('it takes exactly the texts that the parser takes', async () => {
  const characters = fc.constantFrom(...'{}[]":,\\u0019eE+-. \n\ttrufalsn');
  const almost = fc.oneof(
    fc.string({ unit: characters, maxLength: 12 }),
    fc.string({ unit: characters, maxLength: 12 }).map((text) => `{"a":${text}}`),
    fc
      .tuple(valueText, fc.nat(), fc.string({ unit: characters, maxLength: 2 }))
      .map(([text, at, patch]) => {
        const from = at % (text.length + 1);
        return text.slice(0, from) + patch + text.slice(from + 1);
      }),
  );
  fc.assert(
    fc.property(almost, (text) => {
      const found = jsonMembers(text);
      let parsed: unknown;
      try {
        parsed = JSON.parse(text);
      } catch {
        return found.kind === 'broken';
      }
      if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
        return found.kind === 'other';
      }
      if (found.kind === 'duplicate') return true;
      if (found.kind !== 'object') return false;
      const record = parsed as Record<string, unknown>;
      return (
        found.members.size === Object.keys(record).length &&
        [...found.members].every(([key, value]) => {
          const own = Object.getOwnPropertyDescriptor(record, key);
          return JSON.stringify(JSON.parse(value)) === JSON.stringify(own?.value);
        })
      );
    }),
    { numRuns: 3000 },
  );
});

t.test('duplicates are reported, however they are spelt, and only at the top', async (t) => {
  t.same(jsonMembers('{"a":1,"\\u0061":2}'), { kind: 'duplicate', name: 'a' });
  t.same(jsonMembers('{"__proto__":1,"__proto__":2}'), { kind: 'duplicate', name: '__proto__' });
  const nested = jsonMembers('{"value":{"a":1,"a":2}}');
  t.same(nested.kind === 'object' && [...nested.members], [['value', '{"a":1,"a":2}']]);
});

t.test('deep and long texts end', async (t) => {
  const deep = `{"value":${'['.repeat(5000)}${']'.repeat(5000)}}`;
  const found = jsonMembers(deep);
  t.equal(found.kind === 'object' && found.members.get('value')?.length, 10_000);
});
