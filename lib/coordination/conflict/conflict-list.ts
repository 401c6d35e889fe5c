/** The keys in conflict now, of the whole cluster: each node reads its index, all are merged. */
import type { z } from 'zod';
import type { Clock } from '../../environment/clock.js';
import type { NodeId } from '../../environment/transport.js';
import { OperatingError } from '../../errors.js';
import { conflictAt, conflictPage } from '../../persistence/conflict-index.js';
import { isEntryText } from '../../persistence/keyspace.js';
import { compareUtf8 } from '../../encoding/utf8-order.js';
import type { Ownership } from '../../partitioning/ownership.js';
import type { Store } from '../../persistence/store.js';
import type { Messenger } from '../../rpc/messenger.js';
import type { ClusterView } from '../../replication/cluster-view.js';
import { CONFLICTS } from '../wire/messages.js';
import type { ConflictList, ConflictListRequest } from '../request/request.js';

const CURSOR = 'base64url';

export interface ConflictListOptions {
  readonly ownership: Ownership;
  readonly view: ClusterView;
  readonly store: Store;
  readonly messenger: Messenger;
  readonly clock: Clock;
}

/** What a node reports of its index. */
type IndexAnswer = z.infer<typeof CONFLICTS.reply>;

/**
 * A page, the conflict that began first at the front. It has fewer than asked for where a node
 * answered with a part of its list, since the rest of that list is not known yet. Nodes that do not
 * answer are named: keys that only they know to be in conflict are missing.
 * @throws OperatingError `invalid_request` (the cursor)
 */
export async function listConflicts(
  options: ConflictListOptions,
  { limit, cursor, timeoutMilliseconds }: ConflictListRequest,
  defaultTimeoutMilliseconds: number,
): Promise<ConflictList> {
  const { clock, ownership } = options;
  const after = placeOf(cursor);
  const deadline =
    clock.monotonicMilliseconds() + (timeoutMilliseconds ?? defaultTimeoutMilliseconds);
  const nodes = ownership.nodes;
  const answers = await Promise.all(
    nodes.map((node) => askNode(options, node, after, limit, deadline)),
  );
  const unanswered = nodes.filter((_, i) => answers[i] === undefined);
  const indexAnswers = answers.flatMap((answer) => answer ?? []);
  const all = [...new Set(indexAnswers.flatMap(({ entries }) => entries))].sort(compareUtf8);
  const places = knownOf(all, indexAnswers);
  const page = places.slice(0, limit);
  const isMore = all.length > page.length || indexAnswers.some(({ more }) => more);
  const last = page.at(-1);
  return {
    conflicts: distinct(page, ownership.partitionCount),
    cursor: isMore && last !== undefined ? Buffer.from(last).toString(CURSOR) : undefined,
    unanswered,
  };
}

/** Undefined where it did not answer. */
async function askNode(
  { view, store, messenger }: ConflictListOptions,
  node: NodeId,
  after: string,
  limit: number,
  deadline: number,
): Promise<IndexAnswer | undefined> {
  if (node === view.self) {
    const entries = await conflictPage(store, after, limit);
    return { entries, more: entries.length === limit };
  }
  if (!view.isUp(node)) return undefined;
  try {
    return await messenger.request(node, CONFLICTS, { after, limit }, deadline);
  } catch (error) {
    if (error instanceof OperatingError) return undefined;
    throw error;
  }
}

/** Those before which no node has a conflict that it did not name. */
function knownOf(
  places: readonly string[],
  indexAnswers: readonly IndexAnswer[],
): readonly string[] {
  const ends = indexAnswers.flatMap(({ entries, more }) => (more ? (entries.at(-1) ?? []) : []));
  const [end] = ends.sort(compareUtf8);
  return end === undefined ? places : places.filter((place) => compareUtf8(place, end) <= 0);
}

/** Replicas that have not met yet may know of another beginning: the earliest is shown. */
function distinct(places: readonly string[], partitionCount: number): ConflictList['conflicts'] {
  const rows = new Map<string, ConflictList['conflicts'][number]>();
  for (const place of places) {
    const { milliseconds, at } = conflictAt(place, partitionCount);
    const { namespace, key, storageKey } = at;
    if (!rows.has(storageKey)) rows.set(storageKey, { namespace, key, since: milliseconds });
  }
  return [...rows.values()];
}

function placeOf(cursor: string | undefined): string {
  if (cursor === undefined) return '';
  const place = Buffer.from(cursor, CURSOR).toString('utf8');
  if (Buffer.from(place).toString(CURSOR) === cursor && isEntryText(place)) return place;
  throw new OperatingError('invalid_request', 'the cursor is none that this cluster gave', {
    details: { field: 'cursor' },
  });
}
