/** What a node sends coordinators of its keys, in order: a page of the index (architecture, X2). */
import type { z } from 'zod';
import { messageBytesMax } from '../../encoding/frame.js';
import { OperatingError } from '../../errors.js';
import { compareUtf8 } from '../../encoding/utf8-order.js';
import type { Ownership } from '../../partitioning/ownership.js';
import { isPlain } from '../../persistence/indexes.js';
import { allWritten, type KeyEntry, keyPage } from '../../persistence/key-index.js';
import { type RecordKey, recordKey } from '../../persistence/keyspace.js';
import { withoutValues } from '../../persistence/records.js';
import type { Store } from '../../persistence/store.js';
import type { PartitionHealth } from '../../replica/health.js';
import type { Identity } from '../../replica/identity.js';
import type { Losses } from '../../replica/losses.js';
import type { Replica } from '../../replica/replica.js';
import type { Messenger } from '../../rpc/messenger.js';
import { KEYS_IN_ORDER } from '../wire/messages.js';
import type { OpenAcceptances } from '../strong/open-acceptances.js';

export interface ListServiceOptions {
  readonly store: Store;
  readonly replica: Replica;
  readonly health: PartitionHealth;
  readonly identity: Identity;
  readonly losses: Losses;
  readonly ownership: Ownership;
  readonly openAcceptances: Pick<OpenAcceptances, 'unsettled' | 'settleAmong'>;
  /** Most bytes of a list in a message. */
  readonly pageBytesMax: number;
}

export type KeysRequest = z.infer<typeof KEYS_IN_ORDER.request>;
export type KeysReply = z.infer<typeof KEYS_IN_ORDER.reply>;

/** Most index entries that one question looks at, so that its answer comes in time. */
const SCANNED_MAX = 10_000;
const SCAN_PAGE = 1_000;

/** Registers the handler; called once, when the ring is known. */
export function serveLists(options: ListServiceOptions & { readonly messenger: Messenger }): void {
  options.messenger.handle(KEYS_IN_ORDER, (request, { deadline }) => {
    return tellKeys(options, request, deadline);
  });
}

/**
 * The keys that this node holds; each as it is at some moment after the question came.
 * @param deadline of the asker, on the monotonic clock
 * @throws OperatingError `corrupt_bytes` (the request), `storage_failed`, `unknown_format`
 */
export async function tellKeys(
  options: ListServiceOptions,
  request: KeysRequest,
  deadline: number,
): Promise<KeysReply> {
  const { store, health, identity, losses, ownership } = options;
  const partitions = partitionsOf(request.partitions, ownership.partitionCount);
  // Read first: what is damaged meanwhile must not be answered under the start after the damage.
  const { start } = identity;
  // Nor is what was left out vouched for, because a rebuild has ended since.
  const leftOut = new Set([...partitions].filter((partition) => health.isRebuilding(partition)));
  const unsettled = unsettledOf(options, request, partitions);
  await allWritten(store);
  const found = await scan(options, { request, partitions, leftOut });
  const { page, reached, obstructed } =
    unsettled.length === 0
      ? { ...found, obstructed: new Set<number>() }
      : await settledPage(options, { request, partitions, leftOut, deadline }, found, unsettled);
  return {
    ...{ keys: page.keys, states: page.states, reached: reached ?? null, start },
    obstructed: [...partitions].filter((partition) => {
      const isWhole = !health.isRebuilding(partition) && !leftOut.has(partition);
      return !isWhole || obstructed.has(partition);
    }),
    lost: [...partitions].flatMap((partition) => losses.listOf(partition)),
  };
}

/** Keys of the question whose acceptances say more than their records, in order. */
function unsettledOf(
  { openAcceptances }: ListServiceOptions,
  { namespace, prefix, after, settled }: KeysRequest,
  partitions: ReadonlySet<number>,
): RecordKey[] {
  if (!settled) return [];
  const unsettled = openAcceptances.unsettled((at) => {
    const isNamed = at.namespace === namespace && at.key.startsWith(prefix);
    return isNamed && compareUtf8(at.key, after) > 0 && partitions.has(at.partition);
  });
  return unsettled.sort((a, b) => compareUtf8(a.key, b.key));
}

/**
 * The page once more, after those keys of it are settled for which there was time: it ends before
 * the first of the others. This node vouches for no partition in which one cannot be settled.
 */
async function settledPage(
  options: ListServiceOptions,
  asked: Looking & { readonly deadline: number },
  found: Scanned,
  unsettled: readonly RecordKey[],
): Promise<Scanned & { readonly obstructed: ReadonlySet<number> }> {
  const { openAcceptances, store } = options;
  const ofPage = unsettled.filter(({ key }) => isUpTo(key, found.reached));
  const { obstructed, tried } = await openAcceptances.settleAmong(ofPage, asked.deadline);
  const last = tried < ofPage.length ? ofPage[tried - 1]?.key : found.reached;
  await allWritten(store);
  return { ...(await scan(options, asked, last)), obstructed };
}

/** @param last undefined: there is no end */
function isUpTo(key: string, last: string | undefined): boolean {
  return last === undefined || compareUtf8(key, last) <= 0;
}

/** What is looked for. */
interface Looking {
  readonly request: KeysRequest;
  readonly partitions: ReadonlySet<number>;
  /** Partitions that were under rebuild at any moment of it. */
  readonly leftOut: Set<number>;
}

interface Scanned {
  readonly page: Page;
  /** The last key of the page; undefined: it came to the end. */
  readonly reached: string | undefined;
}

/** @param last nothing behind this key is looked at */
async function scan(
  options: ListServiceOptions,
  looking: Looking,
  last?: string,
): Promise<Scanned> {
  const page = new Page(options, looking);
  const { request } = looking;
  let { after } = request;
  for (let scanned = 0; scanned < SCANNED_MAX; ) {
    const limit = Math.min(SCAN_PAGE, request.limit + 1);
    const entries = await keyPage(options.store, { ...request, after }, limit);
    for (const entry of entries) {
      if (page.isFull) return { page, reached: after };
      if (!isUpTo(entry.key, last)) return { page, reached: last };
      page.take(entry);
      after = entry.key;
    }
    scanned += entries.length;
    if (entries.length < limit) return { page, reached: last };
  }
  return { page, reached: after };
}

/** The keys found so far, of the partitions that were asked for. */
class Page {
  readonly keys: string[] = [];
  readonly states: [number, Uint8Array][] = [];
  readonly #options: ListServiceOptions;
  readonly #request: KeysRequest;
  readonly #looking: Looking;
  #bytes = 0;

  constructor(options: ListServiceOptions, looking: Looking) {
    this.#options = options;
    this.#request = looking.request;
    this.#looking = looking;
  }

  get isFull(): boolean {
    const { pageBytesMax } = this.#options;
    return this.keys.length >= this.#request.limit || this.#bytes >= pageBytesMax;
  }

  take({ key, isPlain: isKnown }: KeyEntry): void {
    const { ownership, health } = this.#options;
    const at = recordKey(this.#request.namespace, key, ownership.partitionCount);
    const { partitions, leftOut } = this.#looking;
    if (!partitions.has(at.partition)) return;
    // It may hold what was deleted long ago. The asker learns that nothing is vouched for there.
    if (health.isRebuilding(at.partition)) leftOut.add(at.partition);
    if (leftOut.has(at.partition)) return;
    const state = isKnown ? undefined : this.#stateOf(at);
    if (state === 'nothing') return;
    if (state !== undefined) this.states.push([this.keys.length, state]);
    this.keys.push(key);
    this.#bytes += messageBytesMax(key) + (state?.length ?? 0);
  }

  /** Undefined: it has become plain since its entry was read. */
  #stateOf(at: RecordKey): Uint8Array | 'nothing' | undefined {
    try {
      const siblings = this.#options.replica.read(at)?.siblings;
      if (siblings === undefined) return 'nothing';
      return isPlain(siblings) ? undefined : withoutValues(at, siblings);
    } catch (error) {
      // Of a partition under rebuild nothing is vouched for, and the asker learns that.
      if (!(error instanceof OperatingError) || error.code !== 'rebuilding') throw error;
      this.#looking.leftOut.add(at.partition);
      return 'nothing';
    }
  }
}

/** One bit for each partition, the lowest partition first. */
export function bitsOf(partitions: readonly number[], partitionCount: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(partitionCount / 8));
  for (const partition of partitions) {
    bits[partition >> 3] = (bits[partition >> 3] ?? 0) | (1 << (partition & 7));
  }
  return bits;
}

function partitionsOf(bits: Uint8Array, partitionCount: number): Set<number> {
  const partitions = new Set<number>();
  for (let partition = 0; partition < partitionCount; partition += 1) {
    if (((bits[partition >> 3] ?? 0) >> (partition & 7)) & 1) partitions.add(partition);
  }
  return partitions;
}
