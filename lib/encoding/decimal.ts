/** JSON numbers compared exactly, digit by digit: beyond 2^53 a double would call some equal. */

/** `sign` times 0.`digits` times ten to the power of `magnitude`; zero has no digits. */
interface Decimal {
  readonly sign: -1 | 0 | 1;
  /** Without zeros at either end. */
  readonly digits: string;
  readonly magnitude: number;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Exponents beyond it are not compared: their sums would not be exact either. */
const EXPONENT_DIGITS_MAX = 15;

/** Undefined where the text is no JSON number, or its exponent is longer than 15 digits. */
export function parseDecimal(text: string): Decimal | undefined {
  const [, minus, whole, fraction = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  if (whole === undefined || exponent.length > EXPONENT_DIGITS_MAX) return undefined;
  const all = `${whole}${fraction}`;
  const first = all.search(/[1-9]/);
  if (first < 0) return { sign: 0, digits: '', magnitude: 0 };
  let end = all.length;
  while (all.charAt(end - 1) === '0') end -= 1;
  return {
    sign: minus === '-' ? -1 : 1,
    digits: all.slice(first, end),
    magnitude: whole.length - first + Number(exponent),
  };
}

/** Below zero where `a` is the smaller, zero where both are the same number. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.sign !== b.sign) return a.sign - b.sign;
  if (a.magnitude !== b.magnitude) return a.sign * (a.magnitude - b.magnitude);
  if (a.digits === b.digits) return 0;
  return a.digits < b.digits ? -a.sign : a.sign;
}

/** The same text for the same number. */
export function decimalText({ sign, digits, magnitude }: Decimal): string {
  if (sign === 0) return '0';
  return `${sign < 0 ? '-' : ''}0.${digits}e${magnitude}`;
}
