/** Numbers of JSON, compared by all their digits. */
import fc from 'fast-check';
import t from 'tap';
import { compareDecimals, decimalText, parseDecimal } from '../../../lib/encoding/decimal.js';

const digits = fc.stringMatching(/^[0-9]{1,12}$/);
const anyNumber = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits,
    fc.option(digits),
    fc.option(fc.integer({ min: -9, max: 9 })),
  )
  .map(([sign, whole, fraction, exponent]) => {
    const plain = whole.replace(/^0+(?=\d)/, '');
    const part = fraction === null ? '' : `.${fraction}`;
    return `${sign}${plain}${part}${exponent === null ? '' : `e${exponent}`}`;
  });

/** The number as a fraction of 10^40, by long arithmetic. */
function exactly(text: string): bigint {
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e(-?\d+))?$/.exec(text) ?? [];
  const shift = 40 + Number(exponent) - fraction.length;
  return BigInt(`${whole}${fraction}`) * 10n ** BigInt(shift) * (sign === '-' ? -1n : 1n);
}

function parsed(text: string) {
  const decimal = parseDecimal(text);
  if (decimal === undefined) throw new Error(`${text} is a number`);
  return decimal;
}

t.test('the order is that of long arithmetic, and equal numbers have one text', async () => {
  fc.assert(
    fc.property(anyNumber, anyNumber, (a, b) => {
      const [x, y] = [exactly(a), exactly(b)];
      const sign = Math.sign(compareDecimals(parsed(a), parsed(b)));
      const alike = decimalText(parsed(a)) === decimalText(parsed(b));
      return sign === (x < y ? -1 : x > y ? 1 : 0) && alike === (x === y);
    }),
    { numRuns: 10_000 },
  );
});

t.test('beyond what a double holds', async (t) => {
  t.ok(compareDecimals(parsed('12345678901234567891'), parsed('12345678901234567890')) > 0);
  t.ok(compareDecimals(parsed('1e400'), parsed('9e399')) > 0);
  t.ok(compareDecimals(parsed('-1e400'), parsed('1e-400')) < 0);
  t.equal(compareDecimals(parsed('-0.0'), parsed('0e9')), 0);
  t.equal(compareDecimals(parsed('100'), parsed('1.00E+2')), 0);
  for (const text of ['', 'x', '1e', `1e${'9'.repeat(16)}`, '"1"', '+1']) {
    t.equal(parseDecimal(text), undefined, text);
  }
});
