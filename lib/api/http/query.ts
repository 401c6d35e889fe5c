/** Query parameters, strictly: unknown ones and repeated ones are refused, not ignored. */
import type { OperatingError } from '../../errors.js';
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
    if (!known.includes(name)) throw unknownParameter(name);
    if (query.has(name)) throw invalid(name, `the parameter "${name}" is there twice`);
    query.set(name, end < 0 ? '' : part.slice(end + 1));
  }
  return query;
}

/** Of those that are known, each as it is there first; whatever else was sent. */
export function knownQuery(raw: string, known: readonly string[]): Query {
  const parts = raw.split('&');
  const first = known.flatMap((name) => {
    const part = parts.find((text) => text.startsWith(`${name}=`));
    return part === undefined ? [] : [[name, part.slice(name.length + 1)] as const];
  });
  return new Map(first);
}

/** What a request says in headers, by the names that others would give to parameters. */
const HEADERS: ReadonlyMap<string, string> = new Map([
  ['level', 'X-Consistency-Level'],
  ['consistency', 'X-Consistency-Level'],
  ['consistency_level', 'X-Consistency-Level'],
  ['fallback', 'X-Consistency-Fallback'],
  ['timeout', 'X-Timeout'],
  ['ttl', 'X-TTL'],
  ['context', 'X-Causal-Context'],
  ['durability', 'X-Durability'],
]);

function unknownParameter(name: string): OperatingError {
  const message = `there is no parameter "${name}" here`;
  const header = HEADERS.get(name.toLowerCase());
  const advice = header === undefined ? message : `${message}: send the header ${header}`;
  return invalid(name, advice);
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
