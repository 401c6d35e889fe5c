/** Which keys are in conflict, as one node tells another. */
import t from 'tap';
import { serveHistory } from '../../../lib/coordination/conflict/history-service.js';
import { CONFLICTS } from '../../../lib/coordination/wire/messages.js';
import { messageBytesMax } from '../../../lib/encoding/frame.js';
import type { Ownership } from '../../../lib/partitioning/ownership.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import type { Messenger } from '../../../lib/rpc/messenger.js';
import { NOTHING_SEEN } from '../../../lib/versioning/context.js';
import { intentOf, nothingElse, openDisk, PARTITIONS } from '../persistence/disk.js';

t.test('what a node tells of its conflicts fits a message', async (t) => {
  const pageBytesMax = 1_000;
  const disk = await openDisk();
  const handlers = new Map<unknown, (request: unknown) => unknown>();
  const messenger = {
    handle: (type: unknown, handler: (request: unknown) => unknown) => handlers.set(type, handler),
  };
  const ownership = { partitionCount: PARTITIONS } as Ownership;
  serveHistory({
    ...{ ...disk, ownership, pageBytesMax },
    messenger: messenger as unknown as Messenger,
  });
  const apart = { ...intentOf('1'), seen: NOTHING_SEEN };
  const keys = Array.from({ length: 12 }, (_, i) => `${i}`.padStart(2, '0').padEnd(200, 'k'));
  for (const key of keys) {
    const at = recordKey('default', key, PARTITIONS);
    for (let i = 0; i < 2; i += 1) disk.replica.mint(at, apart, 'sync', nothingElse);
  }
  await disk.store.sync();
  const found: string[] = [];
  for (let after = '', more = true; more; ) {
    const reported = await handlers.get(CONFLICTS)?.({ after, limit: 100 });
    t.ok(messageBytesMax(reported) < pageBytesMax + 100, `${messageBytesMax(reported)} bytes`);
    const reply = CONFLICTS.reply.parse(reported);
    t.ok(reply.entries.length > 0);
    found.push(...reply.entries);
    after = reply.entries.at(-1) ?? '';
    more = reply.more;
  }
  t.equal(new Set(found).size, keys.length);
});
