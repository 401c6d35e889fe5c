/** The storage suite over the engines of lib/platform. */
import { join } from 'node:path';
import t from 'tap';
import { openLevelStorage } from '../../lib/platform/leveldb-storage.js';
import { MemoryStorage } from '../../lib/platform/memory-storage.js';
import { storageConformance } from './storage-suite.js';

const root = t.testdir();
let opened = 0;

await storageConformance(t, 'leveldb', async () => {
  opened += 1;
  const directory = join(root, `leveldb-${String(opened)}`);
  const open = () =>
    openLevelStorage({ directory, cacheBytes: 1_048_576, writeBufferBytes: 1_048_576 });
  return { storage: await open(), reopen: open };
});

await storageConformance(t, 'memory', async () => ({ storage: new MemoryStorage() }));
