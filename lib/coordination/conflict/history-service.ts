/** What a node answers coordinators of the past of its keys, and of those in conflict now. */
import { firstWithin, pageAfter } from '../../encoding/cut-list.js';
import type { Ownership } from '../../partitioning/ownership.js';
import type { Audits } from '../../persistence/audits.js';
import { conflictPage } from '../../persistence/conflict-index.js';
import { recordKey } from '../../persistence/keyspace.js';
import type { Store } from '../../persistence/store.js';
import type { KeptVersions } from '../../persistence/versions.js';
import type { Messenger } from '../../rpc/messenger.js';
import type { AuditEntry } from '../../resolution/audit-entry.js';
import { entryToWire, wholeToWire } from '../wire/audit-wire.js';
import {
  CONFLICTS,
  RESOLUTIONS,
  VERSION,
  VERSIONS,
  type WireAuditEntry,
} from '../wire/messages.js';

export interface HistoryServiceOptions {
  readonly messenger: Messenger;
  readonly audits: Audits;
  readonly versions: KeptVersions;
  readonly store: Store;
  readonly ownership: Ownership;
  /** Most bytes of a list in a message. */
  readonly pageBytesMax: number;
}

/** Registers the handlers; called once, when the ring is known. */
export function serveHistory(options: HistoryServiceOptions): void {
  const { messenger, audits, versions, store, ownership, pageBytesMax } = options;
  const keyOf = (namespace: string, key: string) => {
    return recordKey(namespace, key, ownership.partitionCount);
  };
  messenger.handle(RESOLUTIONS, ({ namespace, key, after }) => {
    const all = audits.listWithIds(keyOf(namespace, key)).map(entryWithId);
    const { page, more } = pageAfter(all, ([id]) => id, after, pageBytesMax);
    return { entries: page, more };
  });
  messenger.handle(VERSIONS, ({ namespace, key, after }) => {
    const all = versions.list(keyOf(namespace, key));
    const { page, more } = pageAfter(all, ({ version }) => version, after, pageBytesMax);
    return { versions: page, more };
  });
  messenger.handle(VERSION, ({ namespace, key, version }) => {
    return { kept: wholeToWire(versions.read(keyOf(namespace, key), version)) };
  });
  messenger.handle(CONFLICTS, async ({ after, limit }) => {
    const page = await conflictPage(store, after, limit);
    const entries = firstWithin(page, pageBytesMax);
    return { entries, more: page.length === limit || entries.length < page.length };
  });
}

function entryWithId([id, entry]: [string, AuditEntry]): [string, WireAuditEntry] {
  return [id, entryToWire(entry)];
}
