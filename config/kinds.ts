/** One row a kind of setting: how it is read from text, checked, and written. */
import { z } from 'zod';
import {
  addressSchema,
  addressesSchema,
  formatFounder,
  foundersSchema,
  namesSchema,
  subnetsSchema,
  parseFounder,
  parseList,
} from './addresses.js';
import type { SettingKind, SettingRow } from './setting.js';
import { BYTE_UNITS, DURATION_UNITS, formatQuantity, parseQuantity } from './units.js';

type RowOf<Kind extends SettingKind> = Extract<SettingRow, { readonly kind: Kind }>;
type ValueOfKind<Kind extends SettingKind> = RowOf<Kind>['default'];

interface KindRow<Kind extends SettingKind> {
  /** Reads a flag or a variable; undefined where the text is none of this kind. */
  parse(text: string): ValueOfKind<Kind> | undefined;
  format(value: ValueOfKind<Kind>): string;
  schema(row: RowOf<Kind>): z.ZodType;
}

type NumericRow = RowOf<'integer' | 'number' | 'milliseconds' | 'bytes'>;

function numeric(row: NumericRow, says: string): z.ZodType {
  const { minimum, maximum, rule } = row;
  const limits = `must be from ${formatSetting(row, minimum)} to ${formatSetting(row, maximum)}`;
  const number = z.number(`must be ${says}`).min(minimum, limits).max(maximum, limits);
  const counted = row.kind === 'number' ? number : number.int(`must be ${says}`);
  return rule === undefined
    ? counted
    : counted.refine((value) => rule.holds(value), `must be ${rule.says}`);
}

function parseNumber(text: string): number | undefined {
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}

const same = (text: string): string => text;

const KINDS: { readonly [Kind in SettingKind]: KindRow<Kind> } = {
  integer: {
    parse: parseNumber,
    format: String,
    schema: (row) => numeric(row, 'a whole number'),
  },
  number: {
    parse: parseNumber,
    format: String,
    schema: (row) => numeric(row, 'a number'),
  },
  milliseconds: {
    parse: (text) => parseQuantity(text, DURATION_UNITS),
    format: (value) => formatQuantity(value, DURATION_UNITS),
    schema: (row) => numeric(row, 'a whole number of milliseconds, or a duration such as 5s'),
  },
  bytes: {
    parse: (text) => parseQuantity(text, BYTE_UNITS),
    format: (value) => formatQuantity(value, BYTE_UNITS),
    schema: (row) => numeric(row, 'a whole number of bytes, or a size such as 64MiB'),
  },
  boolean: {
    parse: (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
    format: String,
    schema: () => z.boolean('must be true or false'),
  },
  text: {
    parse: same,
    format: same,
    schema: ({ pattern, says }) => {
      const text = z.string('must be a text').max(4096, 'must be at most 4096 characters long');
      return pattern === undefined
        ? text
        : text.regex(pattern, `must be ${says ?? pattern.source}`);
    },
  },
  enum: {
    parse: same,
    format: same,
    schema: ({ values }) => z.enum(values, `must be one of ${values.join(', ')}`),
  },
  address: { parse: same, format: same, schema: () => addressSchema },
  addresses: {
    parse: parseList,
    format: (list) => list.join(','),
    schema: () => addressesSchema,
  },
  names: {
    parse: parseList,
    format: (list) => list.join(','),
    schema: () => namesSchema,
  },
  subnets: {
    parse: parseList,
    format: (list) => list.join(','),
    schema: () => subnetsSchema,
  },
  founders: {
    parse: (text) => parseList(text).map(parseFounder),
    format: (list) => list.map(formatFounder).join(','),
    schema: () => foundersSchema,
  },
};

/** The compiler does not see that `KINDS[row.kind]` is the one for `row`; the table's type does. */
function kindOf(row: SettingRow): KindRow<SettingKind> {
  return KINDS[row.kind] as unknown as KindRow<SettingKind>;
}

/** The value as a variable or a flag would give it. */
export function formatSetting(row: SettingRow, value: SettingRow['default']): string {
  return kindOf(row).format(value);
}

/** What a source gave, checked: `{ value }`, or `{ problem }` that completes "<setting> ...". */
export function checkSetting(
  row: SettingRow,
  given: unknown,
): { readonly value: unknown } | { readonly problem: string } {
  const kind = kindOf(row);
  const parsed = typeof given === 'string' ? (kind.parse(given) ?? given) : given;
  const result = kind.schema(row).safeParse(parsed);
  if (result.success) return { value: result.data };
  return { problem: result.error.issues.map(({ message }) => message).join('; ') };
}
