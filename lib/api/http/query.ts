/** Query parameters, strictly: unknown ones and repeated ones are refused, not ignored. */
import { decodeOnce } from './key-of-path.js';
import { invalid } from './refusals.js';

/** Name -> value as it was sent, still encoded. */
export type Query = ReadonlyMap<string, string>;

const NONE: Query = new Map();

/**
 * @param raw what follows the `?`, without it
 * @throws OperatingError `invalid_request`, naming the parameter
 */
export function parseQuery(raw: string, known: readonly string[]): Query {
  if (raw === '') return NONE;
  const query = new Map<string, string>();
  for (const part of raw.split('&')) {
    const end = part.indexOf('=');
    const name = end < 0 ? part : part.slice(0, end);
    if (!known.includes(name)) throw invalid(name, `there is no parameter "${name}" here`);
    if (query.has(name)) throw invalid(name, `the parameter "${name}" is there twice`);
    query.set(name, end < 0 ? '' : part.slice(end + 1));
  }
  return query;
}

/** The decoded value of a parameter; undefined where it was not sent. */
export function parameter(query: Query, name: string): string | undefined {
  const raw = query.get(name);
  if (raw === undefined) return undefined;
  const value = decodeOnce(raw, true);
  if (value === undefined) throw invalid(name, `"${name}" is not percent-encoded UTF-8`, raw);
  return value;
}

/** True where `name=1` was sent. */
export function flag(query: Query, name: string): boolean {
  const value = parameter(query, name);
  if (value === undefined) return false;
  if (value !== '1') throw invalid(name, `"${name}" is 1 or absent`, value);
  return true;
}
