/**
 * The keys under which a node stores things: every prefix, width and range (docs/storage.md has
 * them as a table). Keys of the index of keys are made in key-index.ts, those of kept versions and
 * audits in kept-keys.ts, those of clocks in clock-keys.ts; no other file makes one.
 *
 * Whatever belongs to a client's key has the same *place* in its stored key: 16 bits of the key's
 * hash, the namespace, U+0000, the key. So a partition is a contiguous range whatever Q is, and a
 * change of Q moves no record.
 */
import type { Range } from '../environment/storage.js';
import type { NodeId } from '../environment/transport.js';
import { assert } from '../errors.js';
import * as hashing from '../partitioning/partition.js';
import { HASH_DIGITS, hashText, partitionDigits, sequenceDigits } from './key-digits.js';
import { TIME_DIGITS, timeDigits } from './key-digits.js';

/** What a stored key begins with, by what lies there. None is the beginning of another. */
export const PREFIX = {
  record: 'r',
  versionList: 'w',
  version: 'v',
  auditList: 'l',
  audit: 'a',
  expiring: 'x',
  collectable: 't',
  conflict: 'k',
  key: 'o',
  hint: 'h',
  hintByAge: 'g',
  clock: 'c',
  rebuilding: 'b',
  digest: 'd',
  digestLog: 'j',
  ballots: 'p',
  acceptance: 'q',
  mark: 's',
  single: 'm/',
} as const;

/** What a node stores once, by the part that stores it. */
export const SINGLE_KEYS = {
  addresses: 'm/addresses',
  commit: 'm/commit',
  disks: 'm/disks',
  losses: 'm/losses',
  node: 'm/node',
  ring: 'm/ring',
  settings: 'm/settings',
  ticket: 'm/ticket',
  unmet: 'm/unmet',
  unread: 'm/unread',
} as const;

export const heldTicketKey = (node: NodeId): string => `${PREFIX.single}ticket-of/${node}`;

/** Keys from `from` to before `before`. */
export type KeyRange = Omit<Range, 'limit'>;

const SEPARATOR = '\u0000';
/** No node id holds a character below it, so it ends what begins with an id and a separator. */
const AFTER_SEPARATOR = '\u0001';

/** Everything under a prefix. */
export function rangeOf(prefix: string): KeyRange {
  const last = prefix.length - 1;
  const next = String.fromCharCode(prefix.charCodeAt(last) + 1);
  return { from: prefix, before: `${prefix.slice(0, last)}${next}` };
}

/** Where to go on behind a key: no key lies between the two. */
export function keyAfter(key: string): string {
  return `${key}${SEPARATOR}`;
}

// --- Records, and what is kept beside one

/** A key of a client with what follows from it. */
export interface RecordKey {
  readonly namespace: string;
  readonly key: string;
  /** Of the Q of the ring. */
  readonly partition: number;
  /** `r`, then the place. */
  readonly storageKey: string;
}

export function recordKey(namespace: string, key: string, partitionCount: number): RecordKey {
  const hash = hashing.hashPrefixOf(namespace, key);
  return {
    namespace,
    key,
    partition: hashing.partitionOfHash(hash, partitionCount),
    storageKey: `${PREFIX.record}${hashText(hash)}${namespace}${SEPARATOR}${key}`,
  };
}

/** The same from where a record lies. */
export function recordKeyOf(storageKey: string, partitionCount: number): RecordKey {
  return recordKeyAt(storageKey.slice(PREFIX.record.length), partitionCount);
}

/** The records of a partition. */
export function recordsOf(partition: number, partitionCount: number): KeyRange {
  return partitionRange(PREFIX.record, partition, partitionCount);
}

/** The place of the key in all that is stored for it. */
export function placeOf({ storageKey }: RecordKey): string {
  return storageKey.slice(PREFIX.record.length);
}

/** A key from its place. */
export function recordKeyAt(place: string, partitionCount: number): RecordKey {
  const split = place.indexOf(SEPARATOR);
  assert(split >= HASH_DIGITS, 'a place has a hash, a namespace and a key');
  const hash = Number.parseInt(place.slice(0, HASH_DIGITS), 16);
  return {
    namespace: place.slice(HASH_DIGITS, split),
    key: place.slice(split + 1),
    partition: hashing.partitionOfHash(hash, partitionCount),
    storageKey: `${PREFIX.record}${place}`,
  };
}

/** Where the record of a place lies. */
export function recordKeyOfPlace(place: string): string {
  return `${PREFIX.record}${place}`;
}

// --- Index entries: the prefix, the time, the place

/**
 * `expiring`: a value with a time to live, by its end; the earliest of the key. `collectable`: a
 * record of tombstones and stubs alone, by the time at which its last value ended. `conflict`: two
 * or more values, by the time at which the second was written.
 */
export type IndexKind = 'expiring' | 'collectable' | 'conflict';

/** What an entry's key says: wall milliseconds, and the key that it is about. */
export interface IndexEntry {
  readonly milliseconds: number;
  readonly at: RecordKey;
}

export function indexKey(kind: IndexKind, milliseconds: number, at: RecordKey): string {
  return `${indexFrom(kind, milliseconds)}${placeOf(at)}`;
}

/** Where the entries of a time begin. */
export function indexFrom(kind: IndexKind, milliseconds: number): string {
  return `${PREFIX[kind]}${timeDigits(milliseconds)}`;
}

/** Before it lie all entries of a kind. */
export function indexEnd(kind: IndexKind): string {
  return rangeOf(PREFIX[kind]).before;
}

export function parseIndexKey(entry: string, partitionCount: number): IndexEntry {
  const placeAt = 1 + TIME_DIGITS;
  return {
    milliseconds: Number.parseInt(entry.slice(1, placeAt), 16),
    at: recordKeyAt(entry.slice(placeAt), partitionCount),
  };
}

/** An entry as others see it: without its prefix. */
export function entryText(kind: IndexKind, entry: string): string {
  return entry.slice(PREFIX[kind].length);
}

export function entryOfText(kind: IndexKind, text: string): string {
  return `${PREFIX[kind]}${text}`;
}

const ENTRY_DIGITS = new RegExp(`^[0-9a-f]{${TIME_DIGITS + HASH_DIGITS}}`);

/** May this be the text of an entry? What comes from outside is looked at first. */
export function isEntryText(text: string): boolean {
  return ENTRY_DIGITS.test(text) && text.includes(SEPARATOR) && text.isWellFormed();
}

// --- Of the strong level: what a proposer and its acceptors keep of a key (docs/consensus.md)

export type ProposalKind = 'acceptance' | 'mark';

/** `q` or `s`, then the place. */
export function proposalKey(kind: ProposalKind, at: RecordKey): string {
  return `${PREFIX[kind]}${placeOf(at)}`;
}

/** Those of a partition. */
export function proposalsOf(
  kind: ProposalKind,
  partition: number,
  partitionCount: number,
): KeyRange {
  return partitionRange(PREFIX[kind], partition, partitionCount);
}

/** The place of the key that it is about. */
export function placeOfProposal(kind: ProposalKind, key: string): string {
  return key.slice(PREFIX[kind].length);
}

// --- Hints: by target and place, and by target and age

/** `h`, the target, U+0000, the place. */
export function hintKey(target: NodeId, at: RecordKey): string {
  return `${hintsOf(target).from}${placeOf(at)}`;
}

/** `g`, the target, U+0000, the time since which it is held, the place. */
export function hintAgeKey(target: NodeId, at: RecordKey, heldSince: number): string {
  return `${hintAgesOf(target).from}${timeDigits(heldSince)}${placeOf(at)}`;
}

/** The hints of a target. */
export function hintsOf(target: NodeId): KeyRange {
  return targetRange(PREFIX.hint, target);
}

/** Where those lie that come after the hints of a partition. */
export function hintsAfter(target: NodeId, partition: number, partitionCount: number): string {
  const { end } = hashing.hashesOf(partition, partitionCount);
  const { from, before } = hintsOf(target);
  return end === 2 ** hashing.HASH_PREFIX_BITS ? before : `${from}${hashText(end)}`;
}

/** The hints of a target by age, up to those that are held since `before`. */
export function hintAgesOf(target: NodeId, before = Number.POSITIVE_INFINITY): KeyRange {
  const all = targetRange(PREFIX.hintByAge, target);
  return Number.isFinite(before) ? { ...all, before: `${all.from}${timeDigits(before)}` } : all;
}

export function targetOfHint(hintKey: string): NodeId {
  return hintKey.slice(PREFIX.hint.length, hintKey.indexOf(SEPARATOR));
}

export function parseHintKey(hintKey: string, partitionCount: number): RecordKey {
  return recordKeyAt(hintKey.slice(hintKey.indexOf(SEPARATOR) + 1), partitionCount);
}

export function parseHintAgeKey(
  ageKey: string,
  partitionCount: number,
): { readonly at: RecordKey; readonly heldSince: number } {
  const timeAt = ageKey.indexOf(SEPARATOR) + 1;
  const placeAt = timeAt + TIME_DIGITS;
  const heldSince = Number.parseInt(ageKey.slice(timeAt, placeAt), 16);
  return { at: recordKeyAt(ageKey.slice(placeAt), partitionCount), heldSince };
}

// --- What there is once a partition: the prefix, four digits of its number

type PartitionKind = 'rebuilding' | 'digest' | 'ballots';

export function partitionKey(kind: PartitionKind, partition: number): string {
  return `${PREFIX[kind]}${partitionDigits(partition)}`;
}

export function parsePartitionKey(key: string): number {
  return Number.parseInt(key.slice(1), 16);
}

/** `j`, twelve digits of the sequence number: one entry of the log of digests. */
export function digestLogKey(sequence: number): string {
  return `${PREFIX.digestLog}${sequenceDigits(sequence)}`;
}

export function parseDigestLogKey(key: string): number {
  return Number.parseInt(key.slice(PREFIX.digestLog.length), 16);
}

// --- Parts of keys

function partitionRange(prefix: string, partition: number, partitionCount: number): KeyRange {
  const { first, end } = hashing.hashesOf(partition, partitionCount);
  const last = end === 2 ** hashing.HASH_PREFIX_BITS;
  return {
    from: `${prefix}${hashText(first)}`,
    before: last ? rangeOf(prefix).before : `${prefix}${hashText(end)}`,
  };
}

function targetRange(prefix: string, target: NodeId): KeyRange {
  return {
    from: `${prefix}${target}${SEPARATOR}`,
    before: `${prefix}${target}${AFTER_SEPARATOR}`,
  };
}
