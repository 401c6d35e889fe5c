/** Members of JSON that came over the network: read by name, and refused where they are not so. */

export type Fields = Readonly<Record<string, unknown>>;

/** The answer is none of Quorate's. */
class WrongFieldError extends Error {}

export function fieldsOf(value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new WrongFieldError('no object');
}

export function textField(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string') return value;
  throw new WrongFieldError(`${name} is no string`);
}

/** Undefined where it is not there. */
export function optionalText(fields: Fields, name: string): string | undefined {
  return fields[name] === undefined ? undefined : textField(fields, name);
}

export function integerField(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw new WrongFieldError(`${name} is no integer`);
}

export function booleanField(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value === 'boolean') return value;
  throw new WrongFieldError(`${name} is neither true nor false`);
}

/** Empty where it is not there. */
export function textsField(fields: Fields, name: string): string[] {
  const value = fields[name] ?? [];
  if (Array.isArray(value) && value.every((one): one is string => typeof one === 'string')) {
    return value;
  }
  throw new WrongFieldError(`${name} is no list of strings`);
}

export function outcomeField(fields: Fields): 'none' | 'unknown' {
  const { outcome } = fields;
  if (outcome === 'none' || outcome === 'unknown') return outcome;
  throw new WrongFieldError('outcome is neither none nor unknown');
}
