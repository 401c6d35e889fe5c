/**
 * The index of keys in their order: an entry a record, written when the record is first stored and
 * when it goes, and where it becomes plain or ceases to be (architecture.md, X2). Records
 * themselves lie by the hash of their key.
 */
import { OperatingError } from '../errors.js';
import { HASH_PREFIX_BITS } from '../partitioning/partition.js';
import { keyAfter, type KeyRange, PREFIX, type RecordKey, recordKey } from './keyspace.js';
import type { Store } from './store.js';

/** `o`, the namespace, U+0000, the key. */
export function keyEntry({ namespace, key }: Pick<RecordKey, 'namespace' | 'key'>): string {
  return `${PREFIX.key}${namespace}\u0000${key}`;
}

/** The key that an entry is about. */
export function keyOfEntry(entry: string): Pick<RecordKey, 'namespace' | 'key'> {
  const split = entry.indexOf('\u0000');
  return { namespace: entry.slice(PREFIX.key.length, split), key: entry.slice(split + 1) };
}

/**
 * The value of an entry whose record holds one value without an end: that the key has a value needs
 * no look at the record. Any other value says nothing.
 */
export const PLAIN_ENTRY: Uint8Array = Uint8Array.of(1);

function isPlainEntry(value: Uint8Array): boolean {
  return value.length === 1 && value[0] === PLAIN_ENTRY[0];
}

/** What a page is about: keys of a namespace that begin with a prefix, behind `after`. */
export interface KeyRangeAsked {
  readonly namespace: string;
  readonly prefix: string;
  /** A key, or '' to begin. */
  readonly after: string;
}

/** @throws OperatingError `corrupt_bytes`: `after` lies outside */
function keyRange({ namespace, prefix, after }: KeyRangeAsked): KeyRange {
  const from = keyEntry({ namespace, key: prefix });
  const next = nextPrefix(prefix);
  const before =
    next === undefined ? afterNamespace(namespace) : keyEntry({ namespace, key: next });
  if (after === '') return { from, before };
  if (!after.startsWith(prefix)) {
    throw new OperatingError('corrupt_bytes', 'a page begins outside its range');
  }
  return { from: keyAfter(keyEntry({ namespace, key: after })), before };
}

const LAST = 0x10ffff;

/** The least text that is above all that begin with the prefix; undefined: there is none. */
function nextPrefix(prefix: string): string | undefined {
  const points = [...prefix];
  for (;;) {
    const last = points.pop()?.codePointAt(0);
    if (last === undefined) return undefined;
    if (last === LAST) continue;
    // Between the two lie the surrogates, which no well-formed text holds by themselves.
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    return `${points.join('')}${String.fromCodePoint(next)}`;
  }
}

export interface KeyEntry {
  readonly key: string;
  /** Does its record hold one value without an end? Else the record must be looked at. */
  readonly isPlain: boolean;
}

/**
 * Up to `limit` entries in order, as the storage lists them: of what is queued still, see
 * `allWritten`.
 */
export async function keyPage(
  store: Store,
  asked: KeyRangeAsked,
  limit: number,
): Promise<KeyEntry[]> {
  const page = await store.range({ ...keyRange(asked), limit });
  return page.map(([entry, value]) => {
    return { key: keyOfEntry(entry).key, isPlain: isPlainEntry(value) };
  });
}

/** Resolves when what was decided so far is in the storage, synced or not, and so is listed. */
export async function allWritten(store: Store): Promise<void> {
  if (store.queueFill === 0 || store.failure !== undefined) return;
  await store.transact(() => undefined, 'os', 'vital').committed;
}

/** Of the namespaces between two texts. */
export function keyEntriesOf({ from, before }: KeyRange): KeyRange {
  return { from: `${PREFIX.key}${from}`, before: `${PREFIX.key}${before}` };
}

/** Where to go on behind all keys of a namespace, which holds nothing below U+0001. */
export function afterNamespace(namespace: string): string {
  return `${PREFIX.key}${namespace}\u0001`;
}

/** Whose entry is it? */
export function recordOfEntry(entry: string, partitionCount: number): RecordKey {
  const { namespace, key } = keyOfEntry(entry);
  return recordKey(namespace, key, partitionCount);
}

/** Of what lies at a place. */
export function namespaceOfPlace(place: string): string {
  return place.slice(HASH_PREFIX_BITS / 4, place.indexOf('\u0000'));
}

/** Is there an entry of a record at this place? Damage may have left one of the two alone. */
export function hasKeyEntry(store: Pick<Store, 'get'>, place: string): boolean {
  return store.get(`${PREFIX.key}${place.slice(HASH_PREFIX_BITS / 4)}`) !== undefined;
}
