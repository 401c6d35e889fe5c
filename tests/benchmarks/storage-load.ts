/** A process of `npm run storage-report`: batches like a node's, written until it is over. */
import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Storage } from '../../lib/environment/storage.js';
import type { Observer } from '../../lib/environment/observer.js';
import { Store } from '../../lib/persistence/store.js';
import { openLevelStorage } from '../../lib/platform/leveldb-storage.js';
import type { Engine, StorageFigures, StorageLoad } from './storage-figures.js';
import { LogSketch } from './storage-log.js';

const MEBIBYTE = 1_048_576;
const CACHE_BYTES = 32 * MEBIBYTE;
const QUEUE_BYTES_MAX = 256 * MEBIBYTE;
/** What a record holds beside its value. */
const RECORD_BYTES = 200;
const LEAF_BYTES = 40;
const CLOCK_BYTES = 80;
/** In which file systems count. */
const BLOCK_BYTES = 512;
const PARTITIONS = 256;
const CLOCKS_INTERVAL_MILLISECONDS = 1000;

const POOL = randomBytes(MEBIBYTE);
const POOL_STEP = 1009;

/** Counts batches; nobody reads the rest. */
class BatchCounter implements Observer {
  batches = 0;
  log(): void {}
  measure(): void {}
  count(name: string): void {
    if (name === 'quorate_commits_total') this.batches += 1;
  }
}

async function openEngine(engine: Engine, directory: string): Promise<Storage> {
  const level = await openLevelStorage({
    directory: join(directory, 'store'),
    cacheBytes: CACHE_BYTES,
    writeBufferBytes: engine.writeBufferMebibytes * MEBIBYTE,
  });
  const { logMebibytes } = engine;
  if (logMebibytes === undefined) return level;
  return LogSketch.open(level, join(directory, 'wal'), logMebibytes * MEBIBYTE);
}

/** Other bytes for each stamp, which do not compress. */
function bytesOf(length: number, stamp: number): Buffer {
  const from = (stamp * POOL_STEP) % (POOL.length - length);
  return Buffer.from(POOL.subarray(from, from + length));
}

/** The digits of a number in keys, as the store writes them. */
const digits = (value: number, width: number): string => value.toString(16).padStart(width, '0');

/** A record, and the leaf of the digest that changes with it. */
function put(store: Store, id: number, stamp: number, load: StorageLoad): Promise<void> {
  const mixed = Math.imul(id, 2_654_435_761) >>> 0;
  const partition = digits(mixed >>> 24, 4);
  const leaf = digits((mixed >>> 8) & 255, 2);
  return store.transact((transaction) => {
    const record = bytesOf(RECORD_BYTES + load.valueBytes, stamp);
    transaction.put(`r${partition}default/key-${id}`, record);
    if (load.keysOfPut === 1) return;
    transaction.put(`d${partition}${leaf}`, bytesOf(LEAF_BYTES, stamp));
  }).committed;
}

function putClocks(store: Store): Promise<void> {
  return store.transact((transaction) => {
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      transaction.put(`c${digits(partition, 4)}`, Buffer.alloc(CLOCK_BYTES));
    }
  }).committed;
}

/** Writers, each with one put in flight. @returns milliseconds of each put, the shortest first */
async function write(store: Store, load: StorageLoad): Promise<number[]> {
  const end = performance.now() + 1000 * load.seconds;
  const took: number[] = [];
  let seed = 12_345;
  let clocksAt = performance.now();
  const writer = async (): Promise<void> => {
    for (let now = performance.now(); now < end; now = performance.now()) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      const written = put(store, seed % load.keys, took.length, load);
      if (now - clocksAt > CLOCKS_INTERVAL_MILLISECONDS) {
        clocksAt = now;
        await putClocks(store);
      }
      await written;
      took.push(performance.now() - now);
      await nextTurn();
    }
  };
  await Promise.all(Array.from({ length: load.inFlight }, writer));
  return took.sort((a, b) => a - b);
}

/** What the files take; one that a compaction has just removed takes nothing. */
function diskBytes(directory: string): number {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = names.map((name) => statSync(join(directory, name), { throwIfNoEntry: false }));
  return files.reduce((sum, file) => sum + BLOCK_BYTES * (file?.blocks ?? 0), 0);
}

async function run(load: StorageLoad): Promise<StorageFigures> {
  const began = performance.now();
  const storage = await openEngine(load.engine, load.directory);
  const openMilliseconds = performance.now() - began;
  const observer = new BatchCounter();
  const store = new Store({ storage, observer, queueBytesMax: QUEUE_BYTES_MAX });
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  const took = await write(store, load);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    openMilliseconds,
    putsPerSecond: took.length / seconds,
    cpuMicroseconds: (user + system) / took.length,
    putsPerBatch: took.length / observer.batches,
    p50Milliseconds: took[took.length >> 1] ?? Number.NaN,
    p99Milliseconds: took[Math.floor(0.99 * took.length)] ?? Number.NaN,
    diskMebibytes: diskBytes(load.directory) / MEBIBYTE,
    residentMebibytes: process.memoryUsage.rss() / MEBIBYTE,
  };
}

process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2] ?? '') as StorageLoad)));
// Not closed: the next process of the report finds what a killed node would leave.
process.stdout.end(() => process.kill(process.pid, 'SIGKILL'));
