/** Which key and which of its resources a data request names (docs/http-api.md, Keys). */
import { OperatingError } from '../../errors.js';
import { keyOfParameter, keyOfPath } from './key-of-path.js';
import { flag, parameter, parseQuery } from './query.js';
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
  /** `?dry_run=1`, of a resolution */
  readonly isDryRun: boolean;
  /** `?version=` */
  readonly version: string | undefined;
}

export type DataResource = 'value' | 'conflicts' | 'resolve' | 'versions';

/** Behind the key; or, with `?key=`, in the place of the path of a key. */
const RESOURCES: ReadonlyMap<string, DataResource> = new Map([
  ['conflicts', 'conflicts'],
  ['conflicts/resolve', 'resolve'],
  ['versions', 'versions'],
]);
const LATER_PARAMETERS: ReadonlyMap<string, string> = new Map([
  ['prefix', 'lists of keys'],
  ['limit', 'lists of keys'],
  ['cursor', 'lists of keys'],
  ['values', 'lists of keys'],
]);
/** What answers 501 on keys in this version. */
export const LATER_OF_KEYS: readonly string[] = [...new Set(LATER_PARAMETERS.values())];
const VALUE_PARAMETERS = ['siblings', 'version', ...LATER_PARAMETERS.keys()];
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
  for (const name of query.keys()) {
    const feature = LATER_PARAMETERS.get(name);
    if (feature !== undefined) throw later(feature);
  }
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
