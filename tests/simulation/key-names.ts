/**
 * How histories name keys: one of the default namespace by itself, another behind the namespace
 * under which it is stored. So a namespace that was made anew has other keys (decision 0036).
 */
import type { QuorateNode } from '../../lib/node.js';
import { DEFAULT_NAMESPACE, parseStoredNamespace } from '../../lib/partitioning/namespace.js';
import {
  parseHintKey,
  PREFIX,
  type RecordKey,
  recordKey,
  recordKeyOf,
} from '../../lib/persistence/keyspace.js';

/** Where a key is: `namespace` as it is stored. */
export type KeyPlace = Pick<RecordKey, 'namespace' | 'key'>;

/** No key of a simulation holds it. */
const SEPARATOR = '/';

export function nameOf({ namespace, key }: KeyPlace): string {
  return namespace === DEFAULT_NAMESPACE ? key : `${prefixOf(namespace)}${key}`;
}

/** What the names of the keys of a stored namespace begin with. */
export function prefixOf(namespace: string): string {
  return namespace === DEFAULT_NAMESPACE ? '' : `${namespace}${SEPARATOR}`;
}

export function placeOf(name: string): KeyPlace {
  const end = name.indexOf(SEPARATOR);
  if (end < 0) return { namespace: DEFAULT_NAMESPACE, key: name };
  return { namespace: name.slice(0, end), key: name.slice(end + 1) };
}

/** As clients name it. */
export function askedNamespace(namespace: string): string {
  return parseStoredNamespace(namespace).name;
}

export function recordKeyOfName(name: string, partitionCount: number): RecordKey {
  const { namespace, key } = placeOf(name);
  return recordKey(namespace, key, partitionCount);
}

export function locate({ cluster }: QuorateNode, name: string) {
  const { namespace, key } = placeOf(name);
  return cluster.locate(namespace, key);
}

/** The name of the key of a stored record, or of a hint of one. */
export function nameStoredAt(storageKey: string): string {
  const isHint = storageKey.startsWith(PREFIX.hint);
  return nameOf(isHint ? parseHintKey(storageKey, 1) : recordKeyOf(storageKey, 1));
}
