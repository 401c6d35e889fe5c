/** Disks that are full: nodes read on, lose nothing, and take writes again by themselves. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { freeBasePort, RealCluster, until } from '../integration/real-cluster.js';
import { DiskImages } from './disk-images.js';

const NODES = ['n1', 'n2', 'n3'] as const;
/** Less than any reserve, and enough for the writes that are under way. */
const LEFT_BYTES = 16 * 1024 * 1024;
const PATIENCE_MILLISECONDS = 30_000;
const JSON_HEADERS = { 'Content-Type': 'application/json' };

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function ask(url: string, key: string, value?: number, level = 'quorum'): Promise<Answer> {
  const put = { method: 'PUT', body: JSON.stringify({ value }), headers: JSON_HEADERS };
  const init: RequestInit = value === undefined ? {} : put;
  const headers = { ...init.headers, 'X-Consistency-Level': level };
  const answer = await fetch(`${url}/api/v1/kv/${key}`, { ...init, headers });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

async function isReadOnly(url: string): Promise<boolean> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return /^quorate_read_only 1$/m.test(text);
}

t.test('one disk is full, then all of them, then none', async (t) => {
  const disks = DiskImages.create(NODES);
  t.teardown(() => disks.discard());
  disks.mountAll();
  const words = ['--base-port', String(await freeBasePort()), '--partitions', '64'];
  const cluster = await RealCluster.start(t, disks.folder, words);
  const urls = NODES.map((id) => cluster.url(id));
  const [first = ''] = urls;
  const readOnly = async (url: string, wanted: boolean): Promise<void> =>
    until(`read-only to be ${wanted}`, PATIENCE_MILLISECONDS, async () => {
      return (await isReadOnly(url)) === wanted;
    });
  for (const [i, url] of urls.entries()) t.equal((await ask(url, `k${i}`, i)).status, 200);

  disks.fill('n1', LEFT_BYTES);
  await readOnly(first, true);
  for (const [i, url] of urls.entries()) {
    t.equal((await ask(url, `k${i}`, 10 + i)).status, 200, `${url}: two others take the write`);
  }
  const alone = await ask(first, 'k0', 99, 'all');
  t.equal(alone.status, 503, 'not all do');

  for (const id of ['n2', 'n3']) disks.fill(id, LEFT_BYTES);
  for (const url of urls) await readOnly(url, true);
  for (const url of urls) {
    const refused = await ask(url, 'k1', 1);
    t.match(refused, { status: 503, body: { code: 'read_only', outcome: 'none' } });
    const { status, body } = await ask(url, 'k1');
    t.match({ status, body }, { status: 200, body: { value: 11 } }, 'reads go on');
  }

  for (const id of NODES) disks.makeRoom(id);
  for (const url of urls) await readOnly(url, false);
  for (const [i, url] of urls.entries()) {
    t.equal((await ask(url, `k${i}`, 20 + i)).status, 200, `${url}: it takes writes again`);
  }
  // What n1 could not take while its disk was full comes to it.
  for (const [i] of urls.entries()) {
    t.match(await ask(first, `k${i}`, undefined, 'all'), { status: 200, body: { value: 20 + i } });
  }
  t.equal(await cluster.end('SIGTERM'), 0);
  await disks.unmountAll();
});

/** A little more than the room at which a node takes writes again: 1.25 times the reserve. */
const ROOM_BYTES = 390 * 1024 * 1024;
const VALUE_BYTES = 700_000;
const WRITES_MAX = 600;
const TTL_SECONDS = 30;
const EMPTIED_MILLISECONDS = 180_000;

t.test('disks that are full of values that end empty by themselves', async (t) => {
  const disks = DiskImages.create(NODES);
  t.teardown(() => disks.discard());
  disks.mountAll();
  const words = ['--base-port', String(await freeBasePort()), '--partitions', '16'];
  const cluster = await RealCluster.start(t, disks.folder, words);
  const [url = ''] = NODES.map((id) => cluster.url(id));
  for (const id of NODES) disks.fill(id, ROOM_BYTES);
  const put = async (key: string, ttl: number): Promise<number> => {
    const value = randomBytes(VALUE_BYTES).toString('base64');
    const body = JSON.stringify({ value, ttl });
    const init = { method: 'PUT', body, headers: JSON_HEADERS };
    return (await fetch(`${url}/api/v1/kv/${key}`, init)).status;
  };
  let count = 0;
  while (count < WRITES_MAX && (await put(`k${count}`, TTL_SECONDS)) === 200) count += 1;
  t.ok(count > 0 && count < WRITES_MAX, `${count} values, then the disks are nearly full`);
  await until('the disks to empty', EMPTIED_MILLISECONDS, async () => {
    return (await put('more', TTL_SECONDS)) === 200;
  });
  t.equal((await ask(url, 'k0')).status, 404, 'what filled them has ended');
  t.equal(await cluster.end('SIGTERM'), 0);
  await disks.unmountAll();
});

const REBUILT_KEYS = 100;
const REBUILT_VALUE_BYTES = 900_000;
/** What the rebuild needs is more: it comes to the reserve in the middle. */
const REBUILD_ROOM_BYTES = 256 * 1024 * 1024 + 40 * 1024 * 1024;
const REBUILT_MILLISECONDS = 120_000;

t.test('a disk that fills while what was lost is rebuilt on it', async (t) => {
  const disks = DiskImages.create(NODES);
  t.teardown(() => disks.discard());
  disks.mountAll();
  const words = ['--base-port', String(await freeBasePort()), '--partitions', '16'];
  const cluster = await RealCluster.start(t, disks.folder, words);
  const [first = '', second = ''] = NODES.map((id) => cluster.url(id));
  const values: string[] = [];
  for (let n = 0; n < REBUILT_KEYS; n += 1) {
    const value = randomBytes((REBUILT_VALUE_BYTES * 3) / 4).toString('base64');
    const init = { method: 'PUT', body: JSON.stringify({ value }), headers: JSON_HEADERS };
    t.equal((await fetch(`${first}/api/v1/kv/k${n}`, init)).status, 200);
    values.push(value);
  }
  await cluster.kill('n2');
  rmSync(join(disks.mountPoint('n2'), 'store'), { recursive: true });
  disks.fill('n2', REBUILD_ROOM_BYTES);
  t.match(await cluster.bringBack('n2'), { status: 0 });
  await until('the disk to be full', REBUILT_MILLISECONDS, () => isReadOnly(second));
  t.equal((await ask(second, 'small', 1)).status, 200, 'the others take writes');
  disks.makeRoom('n2');
  await until('the rebuild', REBUILT_MILLISECONDS, async () => {
    const text = await (await fetch(`${second}/metrics`)).text();
    return /^quorate_partitions_rebuilding 0$/m.test(text) && !(await isReadOnly(second));
  });
  for (const [n, expected] of values.entries()) {
    const { status, body } = await ask(second, `k${n}`, undefined, 'one');
    t.ok(status === 200 && body['value'] === expected, `k${n} is on n2 again`);
  }
  t.equal(await cluster.end('SIGTERM'), 0);
  await disks.unmountAll();
});
