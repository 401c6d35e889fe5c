/** What a node tells coordinators of the past of its keys, and of those in conflict now. */
import { conflictPage } from '../persistence/conflict-index.js';
import { recordKey } from '../persistence/records.js';
import { entryToWire, wholeToWire } from './audit-wire.js';
import type { Collaborators } from './collaborators.js';
import { CONFLICTS, RESOLUTIONS, VERSION, VERSIONS } from './messages.js';

/** Registers the handlers; called once, when the ring is known. */
export function serveHistory(collaborators: Collaborators): void {
  const { messenger, audits, versions, store, ring } = collaborators;
  const keyOf = (namespace: string, key: string) => {
    return recordKey(namespace, key, ring().partitionCount);
  };
  messenger.handle(RESOLUTIONS, ({ namespace, key }) => {
    return { entries: audits.list(keyOf(namespace, key)).map(entryToWire) };
  });
  messenger.handle(VERSIONS, ({ namespace, key }) => {
    return { versions: versions.list(keyOf(namespace, key)) };
  });
  messenger.handle(VERSION, ({ namespace, key, version }) => {
    return { kept: wholeToWire(versions.read(keyOf(namespace, key), version)) };
  });
  messenger.handle(CONFLICTS, async ({ after, limit }) => {
    return { entries: await conflictPage(store, after, limit) };
  });
}
