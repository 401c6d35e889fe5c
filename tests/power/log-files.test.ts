/** The real engine under power cuts: a sync covers all that was written before it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openLevelStorage } from '../../lib/platform/leveldb-storage.js';
import type { Storage } from '../../lib/environment/storage.js';
import type { OpenedStorage } from '../conformance/storage-suite.js';
import { powerCuts } from '../conformance/storage-suite.js';
import { DiskImages } from './disk-images.js';

/** The smallest that the engine takes: a new log file every twenty batches or so. */
const SMALL_BUFFER_BYTES = 65_536;
/** Large: the table of a log file that is full takes a while, in which only the log holds it. */
const LARGE_BUFFER_BYTES = 16 * 1024 * 1024;
const CACHE_BYTES = 1024 * 1024;
const HISTORIES = 12;
const LOG_CHANGES = 6;
const VALUE_BYTES = 20_000;
const BATCHES_MAX = 5000;

const disks = DiskImages.create(['n1']);
t.teardown(() => disks.discard());
let places = 0;

async function open(writeBufferBytes: number): Promise<Required<OpenedStorage>> {
  disks.mountAll();
  places += 1;
  const directory = join(disks.mountPoint('n1'), `store-${places}`);
  const reopen = (): Promise<Storage> =>
    openLevelStorage({ directory, cacheBytes: CACHE_BYTES, writeBufferBytes });
  const storage = await reopen();
  const cut = await disks.armCut();
  const crash = async (): Promise<Storage> => {
    await cut();
    await storage.close();
    await disks.unmountAll();
    disks.mountAll();
    return reopen();
  };
  return { storage, reopen, crash };
}

/** Closes it in a way that the disk can be used for the next. */
async function openOnce(): Promise<OpenedStorage> {
  const { storage, crash } = await open(SMALL_BUFFER_BYTES);
  const crashed = async (): Promise<Storage> => {
    const again = await crash();
    const close = again.close.bind(again);
    again.close = async () => {
      await close();
      await disks.unmountAll();
    };
    return again;
  };
  return { storage, crash: crashed };
}

t.test('histories with many changes of the log file', async (t) => {
  await powerCuts(t, openOnce, HISTORIES);
});

const newestLog = (directory: string): string | undefined =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .sort()
    .at(-1);

t.test('the first synced batch of a new log file keeps what the old one held', async (t) => {
  for (let round = 1; round <= LOG_CHANGES; round += 1) {
    const { storage, crash } = await open(LARGE_BUFFER_BYTES);
    const directory = join(disks.mountPoint('n1'), `store-${places}`);
    const before = newestLog(directory);
    const value = new Uint8Array(VALUE_BYTES).map((_, i) => (i * round) % 251);
    let count = 0;
    while (newestLog(directory) === before && count < BATCHES_MAX) {
      await storage.write([{ type: 'put', key: `k${count}`, value }], { sync: false });
      count += 1;
    }
    await storage.write([{ type: 'put', key: 'last', value }], { sync: true });
    const again = await crash();
    const lost = Array.from({ length: count }, (_, n) => n).filter(
      (n) => again.get(`k${n}`) === undefined,
    );
    t.ok(again.get('last'), 'what was synced is there');
    t.strictSame(lost, [], `round ${round}: and all ${count} that were written before it`);
    await again.close();
    await disks.unmountAll();
  }
});
