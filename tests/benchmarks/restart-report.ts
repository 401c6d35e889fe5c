/** How soon a node with many keys serves again after kill -9: `npm run restart-report`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDisk } from '../../lib/persistence/disk.js';
import { recordKey } from '../../lib/persistence/records.js';
import { openLevelStorage } from '../../lib/platform/leveldb-storage.js';
import { createSecret } from '../../lib/platform/secret-file.js';
import { SystemClock } from '../../lib/platform/system-clock.js';
import { SystemRandom } from '../../lib/platform/system-random.js';
import { cleanEnvironment, stop, until } from './systems/process.js';

const KEYS = Number(process.argv[2] ?? 1_000_000);
const VALUE_BYTES = 100;
const PARTITIONS = 256;
const BATCH = 1000;
const WRITERS = 32;
const LOAD_MILLISECONDS = 3000;
const SECONDS_MAX = 5;

const MEBIBYTE = 1024 * 1024;
const change = {
  state: 'value',
  contentType: 'application/json',
  value: Buffer.from(JSON.stringify('x'.repeat(VALUE_BYTES - 2))),
  ttlSeconds: undefined,
} as const;

/** As the node itself writes them, without the requests. */
async function fill(directory: string): Promise<void> {
  const storage = await openLevelStorage({
    directory,
    cacheBytes: 16 * MEBIBYTE,
    writeBufferBytes: 16 * MEBIBYTE,
  });
  const clock = new SystemClock();
  const observer = { log: () => undefined, count: () => undefined, measure: () => undefined };
  const { store, clocks, replica } = await openDisk({
    ...{ node: 'n1', storage, observer, clock, random: new SystemRandom() },
    expiryClock: { now: () => clock.wallMilliseconds() },
    limits: {
      contextBytesMax: 8192,
      recordBytesMax: MEBIBYTE,
      storageQueueBytesMax: 256 * MEBIBYTE,
      recordCacheBytesMax: MEBIBYTE,
      recentDotsMax: 0,
      auditBytesMax: 0,
      auditRetentionMilliseconds: 0,
      versionsBytesMax: 0,
      mintedKeysMax: 2,
      hintsBytesMax: MEBIBYTE,
      hintsTargetBytesMax: MEBIBYTE,
    },
  });
  const intent = { change, seen: undefined, met: undefined, overwriteSiblings: false, epoch: 1 };
  for (let first = 0; first < KEYS; first += BATCH) {
    let last = Promise.resolve();
    for (let n = first; n < Math.min(KEYS, first + BATCH); n += 1) {
      const at = recordKey('default', `key-${n}`, PARTITIONS);
      last = replica.mint(at, intent, 'os', () => undefined).committed;
    }
    await last;
  }
  await clocks.persist();
  await store.close();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const folder = await mkdtemp(join(tmpdir(), 'quorate-restart-'));
const secretFile = join(folder, 'secret');
await createSecret(secretFile);
const [port, peerPort] = [await freePort(), await freePort()];
const url = (n: number): string => `http://127.0.0.1:${port}/api/v1/kv/key-${n % KEYS}`;

function start(): ChildProcess {
  const words = ['dist/bin/quorate.js', 'node', '--id', 'n1', '--data-dir', folder];
  const places = ['--listen', `127.0.0.1:${port}`, '--peer-listen', `127.0.0.1:${peerPort}`];
  const list = ['--initial-cluster', `n1=127.0.0.1:${peerPort}`, '--secret-file', secretFile];
  const env = cleanEnvironment();
  return spawn(process.execPath, [...words, ...places, ...list], { env, stdio: 'ignore' });
}

const serves = async (): Promise<boolean> => (await fetch(url(KEYS >> 1))).status === 200;

/** Writes until the node is gone, so that it dies with batches in flight. */
async function writeUntil(deadline: number): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  for (let n = 0; performance.now() < deadline; n += 7919) {
    const body = '{"value":"again"}';
    await fetch(url(n), { method: 'PUT', headers, body }).then((answer) => answer.arrayBuffer());
  }
}

console.log(`node ${process.version}, ${KEYS} keys of ${VALUE_BYTES} bytes`);
await fill(join(folder, 'store'));
let node = start();
await until('the node', serves);
const deadline = performance.now() + LOAD_MILLISECONDS;
await Promise.all(Array.from({ length: WRITERS }, () => writeUntil(deadline)));
const gone = once(node, 'exit');
node.kill('SIGKILL');
await gone;
const killed = performance.now();
node = start();
await until('the node after kill -9', serves);
const seconds = (performance.now() - killed) / 1000;
await stop(node);
await rm(folder, { recursive: true });
console.log(`serves again ${seconds.toFixed(2)} s after kill -9 (at most ${SECONDS_MAX})`);
process.exitCode = seconds <= SECONDS_MAX ? 0 : 1;
