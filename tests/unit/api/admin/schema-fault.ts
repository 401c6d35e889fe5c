/** The part of JSON Schema that the document uses, as a check of one value. */

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
}

/** The first difference, as a path and a reason; undefined where there is none. */
export function fault(
  root: object,
  schema: Schema,
  value: unknown,
  at: string,
): string | undefined {
  if (schema.$ref !== undefined) return fault(root, resolve(root, schema.$ref), value, at);
  if (schema.anyOf !== undefined) {
    const faults = schema.anyOf.map((option) => fault(root, option, value, at));
    return faults.includes(undefined) ? undefined : faults.join(' | ');
  }
  if (schema.const !== undefined && schema.const !== value)
    return `${at}: not ${String(schema.const)}`;
  if (schema.enum !== undefined && !schema.enum.includes(value)) return `${at}: not of the set`;
  if (schema.type !== undefined && !isOf(schema.type, value)) return `${at}: not ${schema.type}`;
  if (Array.isArray(value)) {
    return first(value.map((item, i) => fault(root, schema.items ?? {}, item, `${at}/${i}`)));
  }
  if (typeof value !== 'object' || value === null) return undefined;
  return objectFault(root, schema, value as Record<string, unknown>, at);
}

function objectFault(
  root: object,
  schema: Schema,
  value: Readonly<Record<string, unknown>>,
  at: string,
): string | undefined {
  const missing = (schema.required ?? []).find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${at}: ${missing} is missing`;
  return first(
    Object.entries(value).map(([name, item]) => {
      const own = schema.properties?.[name];
      if (own !== undefined) return fault(root, own, item, `${at}/${name}`);
      if (schema.additionalProperties === false) return `${at}: ${name} is not described`;
      const others = schema.additionalProperties;
      return typeof others === 'object' ? fault(root, others, item, `${at}/${name}`) : undefined;
    }),
  );
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'null') return value === null;
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object')
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function first(faults: readonly (string | undefined)[]): string | undefined {
  return faults.find((found) => found !== undefined);
}

function resolve(root: object, reference: string): Schema {
  let found: unknown = root;
  for (const name of reference.slice(2).split('/'))
    found = (found as Record<string, unknown>)[name];
  return found as Schema;
}
