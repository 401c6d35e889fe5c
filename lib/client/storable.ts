/** Which types can be stored: what the compiler refuses of them, and what only a run shows. */
import type { RawJson } from './values.js';

/**
 * What can be stored: JSON, bytes, or a JSON text as it is written. A `bigint` is a number with all
 * its digits.
 */
export type Storable = string | number | bigint | boolean | null | object;

/**
 * A value as it is handed in: `Value`, where all of it can be stored. A member that cannot be is
 * `never` here, so that the compiler names it. What types do not show (an instance of a class that
 * has only data, `NaN`, what is `unknown`) is refused before it is sent.
 */
export type StorableOf<Value> = Value & (Value extends Uint8Array ? Value : JsonOf<Value>);

/**
 * Members that may be left out stay so. Names that are symbols are left alone: types have them as
 * marks that no value has at run time.
 */
export type JsonOf<Value> = unknown extends Value
  ? Value
  : Value extends string | number | bigint | boolean | null | RawJson
    ? Value
    : Value extends NotJson
      ? never
      : Value extends readonly (infer Item)[]
        ? readonly JsonOf<Item>[]
        : Value extends object
          ? { [Name in keyof Value]: Name extends symbol ? Value[Name] : JsonOf<Value[Name]> }
          : never;

/** Other classes have methods, which are functions: those members are refused. */
type NotJson =
  | ((...given: never) => unknown)
  | (abstract new (
      ...given: never
    ) => unknown)
  | Date
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | ArrayBufferView
  | PromiseLike<unknown>;
