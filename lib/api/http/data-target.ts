/** Which key and which of its resources a data request names (docs/http-api.md, Keys). */
import { OperatingError } from '../../errors.js';
import { KEY_BYTES_MAX, keyOfParameter, keyOfPath } from './key-of-path.js';
import { flag, parameter, parseQuery } from './query.js';
import { invalid, noSuchPath } from './refusals.js';

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
  /** `?dry_run=1`, of a resolution */
  readonly isDryRun: boolean;
  /** `?version=` */
  readonly version: string | undefined;
}

/** What a list of keys is to show. */
export interface ListTarget {
  readonly prefix: string;
  readonly limit: number;
  readonly cursor: string | undefined;
  /** `?values=1` */
  readonly values: boolean;
}

export type DataResource = 'value' | 'conflicts' | 'resolve' | 'versions';

/** Behind the key; or, with `?key=`, in the place of the path of a key. */
const RESOURCES: ReadonlyMap<string, DataResource> = new Map([
  ['conflicts', 'conflicts'],
  ['conflicts/resolve', 'resolve'],
  ['versions', 'versions'],
]);
const VALUE_PARAMETERS = ['siblings', 'version'];
const LIST_PARAMETERS = ['prefix', 'limit', 'cursor', 'values'];
export const LIST_LIMIT_DEFAULT = 100;
export const LIST_LIMIT_MAX = 1_000;
/** By resource: what may stand behind the question mark, besides the key. */
const PARAMETERS: Readonly<Record<DataResource, readonly string[]>> = {
  value: VALUE_PARAMETERS,
  conflicts: [],
  resolve: ['dry_run'],
  versions: [],
};
const AND_KEY_PARAMETERS: Readonly<Record<DataResource, readonly string[]>> = {
  value: ['key', ...VALUE_PARAMETERS],
  conflicts: ['key'],
  resolve: ['key', ...PARAMETERS.resolve],
  versions: ['key'],
};
const KEY_PARAMETER = /(?:^|&)key=/;
/** Where the query of a list begins. */
const QUERY_AT = PREFIX.length + 1;

/** Names it no key? Then it is about all keys, or those of a prefix. */
export function isListPath(url: string): boolean {
  if (url.length === PREFIX.length) return true;
  return url.charCodeAt(PREFIX.length) === QUESTION && !KEY_PARAMETER.test(url.slice(QUERY_AT));
}

/**
 * @param url as it was requested; `isListPath` holds
 * @throws OperatingError `invalid_request`, naming the parameter
 */
export function listTargetOf(url: string): ListTarget {
  const query = parseQuery(url.slice(QUERY_AT), LIST_PARAMETERS);
  const prefix = parameter(query, 'prefix') ?? '';
  if (Buffer.byteLength(prefix) > KEY_BYTES_MAX) {
    throw invalid('prefix', `a prefix has at most ${KEY_BYTES_MAX} bytes`, prefix);
  }
  const text = parameter(query, 'limit');
  const limit = text === undefined ? LIST_LIMIT_DEFAULT : Number(text);
  if (text !== undefined && (!/^[0-9]{1,4}$/.test(text) || limit < 1 || limit > LIST_LIMIT_MAX)) {
    throw invalid('limit', `"limit" is a whole number from 1 to ${LIST_LIMIT_MAX}`, text);
  }
  return { prefix, limit, cursor: parameter(query, 'cursor'), values: flag(query, 'values') };
}

/**
 * @param url as it was requested; `isDataPath` holds
 * @throws OperatingError `invalid_key`, `invalid_request`, `not_found`, `not_implemented`
 */
export function targetOf(url: string): DataTarget {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  const query = end < 0 ? '' : url.slice(end + 1);
  if (path.length === PREFIX.length) return queryTarget(query, 'value');
  const start = PREFIX.length + 1;
  if (KEY_PARAMETER.test(query)) {
    const resource = RESOURCES.get(path.slice(start));
    if (resource !== undefined) return queryTarget(query, resource);
  }
  const slash = path.indexOf('/', start);
  if (slash < 0) return target(keyOfPath(path.slice(start)), query, 'value');
  const rest = path.slice(slash + 1);
  const resource = RESOURCES.get(rest);
  if (resource === undefined) throw noSuchResource(rest);
  return target(keyOfPath(path.slice(start, slash)), query, resource);
}

function queryTarget(raw: string, resource: DataResource): DataTarget {
  const query = parseQuery(raw, AND_KEY_PARAMETERS[resource]);
  const key = query.get('key');
  return shown(key === undefined ? undefined : keyOfParameter(key), query, resource);
}

function target(key: string, raw: string, resource: DataResource): DataTarget {
  if (raw === '') return { key, resource, asList: false, isDryRun: false, version: undefined };
  return shown(key, parseQuery(raw, PARAMETERS[resource]), resource);
}

function shown(
  key: string | undefined,
  query: ReadonlyMap<string, string>,
  resource: DataResource,
): DataTarget {
  const siblings = parameter(query, 'siblings');
  if (siblings !== undefined && siblings !== 'list') {
    throw invalid('siblings', '"siblings" is "list" or absent', siblings);
  }
  const version = parameter(query, 'version');
  const isDryRun = flag(query, 'dry_run');
  return { key, resource, asList: siblings !== undefined, isDryRun, version };
}

function noSuchResource(rest: string): OperatingError {
  if (rest.includes('/')) return noSuchPath();
  const message = 'a key in a path is one segment: send a "/" in it as %2F, or use ?key=';
  return new OperatingError('not_found', message, { details: { received: rest.slice(0, 200) } });
}
