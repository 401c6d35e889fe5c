/** Which key and which of its resources a data request names (docs/http-api.md, Keys). */
import { OperatingError } from '../../errors.js';
import { keyOfParameter, keyOfPath } from './key-of-path.js';
import { parameter, parseQuery } from './query.js';
import { invalid, later, noSuchPath } from './refusals.js';

const PREFIX = '/api/v1/kv';
const SLASH = 0x2f;
const QUESTION = 0x3f;

/** Is it answered by the data path? */
export function isDataPath(url: string): boolean {
  if (!url.startsWith(PREFIX)) return false;
  const next = url.charCodeAt(PREFIX.length);
  return next === SLASH || next === QUESTION || url.length === PREFIX.length;
}

export interface DataTarget {
  /** Undefined: `/api/v1/kv` without `?key=`. */
  readonly key: string | undefined;
  readonly resource: DataResource;
  /** `?siblings=list` */
  readonly asList: boolean;
}

export type DataResource = 'value' | 'conflicts';

const RESOURCES: ReadonlyMap<string, DataResource> = new Map([
  ['', 'value'],
  ['conflicts', 'conflicts'],
]);
const LATER_RESOURCES: ReadonlyMap<string, string> = new Map([
  ['conflicts/resolve', 'resolving conflicts by request'],
  ['versions', 'kept versions'],
]);
const LATER_PARAMETERS: ReadonlyMap<string, string> = new Map([
  ['version', 'kept versions'],
  ['prefix', 'lists of keys'],
  ['limit', 'lists of keys'],
  ['cursor', 'lists of keys'],
  ['values', 'lists of keys'],
]);
/** What answers 501 on keys in this version. */
export const LATER_OF_KEYS: readonly string[] = [
  ...new Set([...LATER_RESOURCES.values(), ...LATER_PARAMETERS.values()]),
];
const VALUE_PARAMETERS = ['siblings', ...LATER_PARAMETERS.keys()];
const VALUE_AND_KEY_PARAMETERS = ['key', ...VALUE_PARAMETERS];

/**
 * @param url as it was requested; `isDataPath` holds
 * @throws OperatingError `invalid_key`, `invalid_request`, `not_found`, `not_implemented`
 */
export function targetOf(url: string): DataTarget {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  const query = end < 0 ? '' : url.slice(end + 1);
  if (path.length === PREFIX.length) return queryTarget(query);
  const start = PREFIX.length + 1;
  const slash = path.indexOf('/', start);
  if (slash < 0) return { key: keyOfPath(path.slice(start)), ...view(query, 'value') };
  const rest = path.slice(slash + 1);
  const feature = LATER_RESOURCES.get(rest);
  if (feature !== undefined) throw later(feature);
  const resource = rest === '' ? undefined : RESOURCES.get(rest);
  if (resource === undefined) throw noSuchResource(rest);
  return { key: keyOfPath(path.slice(start, slash)), ...view(query, resource) };
}

function queryTarget(raw: string): DataTarget {
  const query = parseQuery(raw, VALUE_AND_KEY_PARAMETERS);
  const { asList } = valueView(query);
  const key = query.get('key');
  return { key: key === undefined ? undefined : keyOfParameter(key), resource: 'value', asList };
}

function view(raw: string, resource: DataResource): Omit<DataTarget, 'key'> {
  if (raw === '') return { resource, asList: false };
  if (resource === 'value') {
    return { resource, asList: valueView(parseQuery(raw, VALUE_PARAMETERS)).asList };
  }
  parseQuery(raw, []);
  return { resource, asList: false };
}

function valueView(query: ReadonlyMap<string, string>): { readonly asList: boolean } {
  for (const name of query.keys()) {
    const feature = LATER_PARAMETERS.get(name);
    if (feature !== undefined) throw later(feature);
  }
  const siblings = parameter(query, 'siblings');
  if (siblings !== undefined && siblings !== 'list') {
    throw invalid('siblings', '"siblings" is "list" or absent', siblings);
  }
  return { asList: siblings !== undefined };
}

function noSuchResource(rest: string): OperatingError {
  if (rest.includes('/')) return noSuchPath();
  const message = 'a key in a path is one segment: send a "/" in it as %2F, or use ?key=';
  return new OperatingError('not_found', message, { details: { received: rest.slice(0, 200) } });
}
