/** Goes through a value beside its schema: what may be absent, and which choices a sample shows. */
import type { z } from 'zod';

/** What of a zod schema is looked at here. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly innerType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly items?: readonly z.ZodType[];
  readonly options?: readonly z.ZodType[];
}

/** Walks through values that have no part of their own to walk into. */
const LEAVES = new Set(['string', 'number', 'boolean', 'custom', 'literal', 'enum', 'unknown']);

function definitionOf(schema: z.ZodType): Definition {
  return schema._zod.def as unknown as Definition;
}

/** The same value, with every optional field absent, or there and undefined. */
export function withoutOptionals(
  schema: z.ZodType,
  value: unknown,
  instead: 'absent' | 'undefined',
): unknown {
  const { type, shape, innerType, element, items, options } = definitionOf(schema);
  const into = (inner: z.ZodType | undefined, part: unknown): unknown =>
    inner === undefined ? part : withoutOptionals(inner, part, instead);
  if (type === 'object') {
    const fields = Object.entries(shape ?? {}).flatMap(([name, inner]) => {
      const part = (value as Record<string, unknown>)[name];
      if (definitionOf(inner).type !== 'optional') return [[name, into(inner, part)]];
      return instead === 'absent' ? [] : [[name, undefined]];
    });
    return Object.fromEntries(fields);
  }
  if (type === 'array') return (value as unknown[]).map((part) => into(element, part));
  if (type === 'tuple') return (value as unknown[]).map((part, i) => into(items?.[i], part));
  if (type === 'nullable') return value === null ? null : into(innerType, value);
  if (type === 'union') {
    return into(
      options?.find((option) => option.safeParse(value).success),
      value,
    );
  }
  return value;
}

/** Choices of the schema that no sample takes: an optional or nullable field, a union's option. */
export function schemaGaps(schema: z.ZodType, values: readonly unknown[], place = ''): string[] {
  const { type, shape, innerType, element, items, options } = definitionOf(schema);
  if (LEAVES.has(type)) return values.length === 0 ? [`${place}: no sample`] : [];
  const gapsOf = (inner: z.ZodType | undefined, parts: readonly unknown[], name: string) =>
    inner === undefined ? [] : schemaGaps(inner, parts, `${place}${name}`);
  if (type === 'object') {
    return Object.entries(shape ?? {}).flatMap(([name, inner]) => {
      const parts = (values as Record<string, unknown>[]).map((value) => value[name]);
      return gapsOf(inner, parts, `.${name}`);
    });
  }
  if (type === 'array') return gapsOf(element, values.flat(1), '[]');
  if (type === 'tuple') {
    return (items ?? []).flatMap((inner, i) =>
      gapsOf(
        inner,
        (values as unknown[][]).map((value) => value[i]),
        `[${i}]`,
      ),
    );
  }
  if (type === 'nullable' || type === 'optional') {
    const nothing = type === 'nullable' ? null : undefined;
    const there = values.filter((value) => value !== nothing);
    const gaps = there.length < values.length ? [] : [`${place}: none is ${String(nothing)}`];
    return [...gaps, ...gapsOf(innerType, there, '')];
  }
  if (type === 'union') {
    return (options ?? []).flatMap((option, i) =>
      gapsOf(
        option,
        values.filter((value) => option.safeParse(value).success),
        `(${i})`,
      ),
    );
  }
  throw new Error(`${place}: a ${type} is not walked through`);
}
