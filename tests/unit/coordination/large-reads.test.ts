/** Reads of large values wait before anything is read; what is small goes at once. */
import t from 'tap';
import { LargeReads } from '../../../lib/coordination/read/large-reads.js';
import type { Got } from '../../../lib/coordination/read/read-effects.js';
import { OperatingError } from '../../../lib/errors.js';
import { type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import type { StoredRecord } from '../../../lib/persistence/record-table.js';
import { LocalCluster } from '../local-cluster.js';
import { ManualClock, turn } from '../fakes.js';

const MEBIBYTE = 1024 * 1024;

/** What a node holds: keys by how large they are; the others are not its own. */
function nodeWith(sizes: Readonly<Record<string, number>>, inMemory: readonly string[] = []) {
  const clock = new ManualClock();
  const looked: string[] = [];
  const table = {
    isInMemory: ({ key }: RecordKey) => inMemory.includes(key),
    read: ({ key }: RecordKey): StoredRecord | undefined => {
      looked.push(key);
      if (key === 'damaged') throw new OperatingError('corrupt_bytes', 'damaged');
      const bytes = sizes[key];
      return bytes === undefined ? undefined : ({ bytes: { length: bytes } } as StoredRecord);
    },
  };
  const reads = new LargeReads(table, clock);
  const running: string[] = [];
  const ends = new Map<string, () => void>();
  const get = async (key: string, bytes = 0): Promise<unknown> => {
    const about = { at: recordKey('default', key, 16), deadline: 1000 };
    return reads.get(about, async () => {
      running.push(key);
      await new Promise<void>((resolve) => ends.set(key, resolve));
      const versions = [{ value: new Uint8Array(bytes) }];
      return { merged: { versions } } as unknown as Got;
    });
  };
  const end = async (key: string): Promise<void> => {
    ends.get(key)?.();
    for (let i = 0; i < 5; i += 1) await turn();
  };
  return { clock, looked, running, get, end };
}

t.test('as many at once as there is room for; small ones at once', async (t) => {
  const { running, get, end } = nodeWith({ a: 9 * MEBIBYTE, b: 8 * MEBIBYTE, small: 100 }, [
    'small',
  ]);
  void get('a');
  void get('b');
  void get('small');
  t.strictSame(running, ['small'], 'at once');
  await turn();
  t.strictSame(running, ['small', 'a']);
  await end('a');
  t.strictSame(running, ['small', 'a', 'b']);
});

t.test('a key of other nodes is expected to be as large as the last ones', async (t) => {
  const { running, get, end } = nodeWith({});
  void get('first', 9 * MEBIBYTE);
  void get('second', 9 * MEBIBYTE);
  await turn();
  t.strictSame(running, ['first', 'second'], 'nothing was seen yet');
  await end('first');
  void get('third');
  void get('fourth');
  await turn();
  t.strictSame(running, ['first', 'second', 'third'], 'of that size one has room');
});

t.test('what is expected is a whole number, however it fades', async (t) => {
  const { running, get, end } = nodeWith({});
  void get('large', 9 * MEBIBYTE + 1);
  await end('large');
  for (let i = 0; i < 200; i += 1) {
    const read = get(`small ${i}`);
    await turn();
    await end(`small ${i}`);
    await read;
  }
  t.equal(running.length, 201);
});

t.test('a damaged record is refused by the read, not here', async (t) => {
  const { running, get } = nodeWith({});
  void get('damaged');
  await turn();
  t.strictSame(running, ['damaged']);
});

t.test('while some wait, one is looked for on the disk in a turn', async (t) => {
  const keys = ['a', 'b', 'c', 'd', 'e'];
  const sizes = Object.fromEntries(keys.map((key) => [key, 16 * MEBIBYTE]));
  const { clock, looked, running, get } = nodeWith({ ...sizes, known: 10 }, ['known']);
  for (const key of keys) void get(key);
  t.strictSame(looked, ['a', 'b'], 'the second one waits');
  void get('known');
  t.strictSame(running, ['known'], 'what is in memory goes at once');
  await turn();
  t.strictSame(looked, ['a', 'b', 'known'], 'not in this turn');
  await clock.advance(1);
  t.strictSame(looked, ['a', 'b', 'known', 'c', 'd', 'e']);
});

t.test('few lists are made at once', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  let sent = 0;
  cluster.network.gate = () => {
    sent += 1;
    return false;
  };
  const list = { namespace: 'default', prefix: '', limit: 10, cursor: undefined, values: false };
  const asked = Array.from({ length: 100 }, () => {
    const how = { level: 'quorum', fallbacks: [], timeoutMilliseconds: 1000 };
    return cluster.node('n1').keyLists.list({ ...list, ...how });
  });
  for (let i = 0; i < 10; i += 1) await turn();
  t.ok(sent > 0 && sent <= 2 * 16, `${sent} messages before the first has ended`);
  const pages = await cluster.wait(Promise.allSettled(asked));
  t.ok(
    pages.every(({ status }) => status === 'rejected'),
    'each has its deadline',
  );
});
