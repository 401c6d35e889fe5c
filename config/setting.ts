/** What a row of the settings table may be, and the type of its value. See docs/operations.md. */

/** A node of the founding list. */
export interface ListedFounder {
  readonly id: string;
  /** `host:port` of its peer listener. */
  readonly address: string;
  /** Undefined: the default of `node.zone`. */
  readonly zone?: string | undefined;
  /** Undefined: the default of `node.weight`. */
  readonly weight?: number | undefined;
}

interface Row<Kind extends string, Value> {
  readonly kind: Kind;
  readonly default: Value;
  /** What it does, and why the default and the limits are what they are. */
  readonly why: string;
}

interface NumericRow<Kind extends string> extends Row<Kind, number> {
  readonly minimum: number;
  readonly maximum: number;
  /** What the number counts. `bytes` and `milliseconds` say it by their kind. */
  readonly unit?: string;
  readonly rule?: NumericRule;
}

/** What a number must be besides within its limits. */
export interface NumericRule {
  holds(value: number): boolean;
  /** Completes "must be ...". */
  readonly says: string;
}

interface TextRow extends Row<'text', string> {
  readonly pattern?: RegExp;
  /** What the pattern admits; completes "must be ...". */
  readonly says?: string;
}

interface EnumRow extends Row<'enum', string> {
  readonly values: readonly string[];
}

export type SettingRow =
  | NumericRow<'integer'>
  | NumericRow<'number'>
  | NumericRow<'milliseconds'>
  | NumericRow<'bytes'>
  | Row<'boolean', boolean>
  | TextRow
  | EnumRow
  | Row<'address', string>
  | Row<'addresses', readonly string[]>
  | Row<'names', readonly string[]>
  | Row<'subnets', readonly string[]>
  | Row<'founders', readonly ListedFounder[]>;

export type SettingKind = SettingRow['kind'];

export type SettingGroup = Readonly<Record<string, SettingRow>>;

interface Values {
  integer: number;
  number: number;
  milliseconds: number;
  bytes: number;
  boolean: boolean;
  text: string;
  address: string;
  addresses: readonly string[];
  names: readonly string[];
  subnets: readonly string[];
  founders: readonly ListedFounder[];
}

/** The type of the value of a row. */
export type ValueOf<Row extends SettingRow> = Row extends {
  readonly kind: 'enum';
  readonly values: readonly (infer Value)[];
}
  ? Value
  : Row['kind'] extends keyof Values
    ? Values[Row['kind']]
    : never;
