/** A disk that becomes read-only under a running node: it says so, loses nothing, comes back. */
import t from 'tap';
import { freeBasePort, isAlive, RealCluster, until } from '../integration/real-cluster.js';
import { DiskImages } from './disk-images.js';

const NODES = ['n1', 'n2', 'n3'] as const;
const KEYS = 30;
const PATIENCE_MILLISECONDS = 30_000;
const END_MILLISECONDS = 10_000;
const JSON_HEADERS = { 'Content-Type': 'application/json' };

async function start(t: Parameters<typeof RealCluster.start>[0]) {
  const disks = DiskImages.create(NODES);
  t.teardown(() => disks.discard());
  disks.mountAll();
  const words = ['--base-port', String(await freeBasePort()), '--partitions', '16'];
  const cluster = await RealCluster.start(t, disks.folder, words);
  return { disks, cluster };
}

async function put(url: string, key: string, value: number): Promise<number> {
  const body = JSON.stringify({ value });
  const answer = await fetch(`${url}/api/v1/kv/${key}`, {
    ...{ method: 'PUT', headers: JSON_HEADERS, body },
  });
  await answer.text();
  return answer.status;
}

async function storedValue(url: string, key: string): Promise<unknown> {
  const headers = { 'X-Consistency-Level': 'all' };
  const answer = await fetch(`${url}/api/v1/kv/${key}`, { headers });
  return ((await answer.json()) as { readonly value?: unknown }).value;
}

const readiness = (url: string): Promise<Response> => fetch(`${url}/readyz`);

t.test('it is read-only, then the node is asked to end', async (t) => {
  const { disks, cluster } = await start(t);
  const urls = cluster.ids.map((id) => cluster.url(id));
  const [first = ''] = urls;
  for (let n = 0; n < KEYS; n += 1) t.equal(await put(first, `k${n}`, n), 200);
  disks.makeReadOnly('n1');
  for (let n = 0; n < KEYS; n += 1) {
    t.equal(await put(urls[n % urls.length] ?? '', `k${n}`, 100 + n), 200, 'two others take it');
  }
  await until('it to say so', PATIENCE_MILLISECONDS, async () => {
    const answer = await readiness(first);
    return answer.status === 503 && (await answer.text()).includes('the disk failed');
  });
  t.match(await cluster.ask('status'), { status: 8, out: /the disk of n1 failed/ });

  const pid = cluster.pidOf('n1');
  process.kill(pid, 'SIGTERM');
  await until('n1 to end', END_MILLISECONDS, () => !isAlive(pid));
  t.match(await cluster.bringBack('n1'), { status: 5, err: /n1.*read-only file system/i });
  disks.mountAnew('n1');
  t.match(await cluster.bringBack('n1'), { status: 0 });
  for (let n = 0; n < KEYS; n += 1) t.equal(await storedValue(first, `k${n}`), 100 + n);
  t.equal(await cluster.end('SIGTERM'), 0);
  await disks.unmountAll();
});

t.test('it is read-only, and then writable again under the same process', async (t) => {
  const { disks, cluster } = await start(t);
  const urls = cluster.ids.map((id) => cluster.url(id));
  const [first = ''] = urls;
  for (let n = 0; n < KEYS; n += 1) t.equal(await put(first, `k${n}`, n), 200);
  const pid = cluster.pidOf('n1');
  disks.makeReadOnly('n1');
  for (let n = 0; n < KEYS; n += 1) t.equal(await put(first, `k${n}`, 100 + n), 200);
  disks.mountAnew('n1');
  await until('n1 to be made anew', PATIENCE_MILLISECONDS, async () => {
    return (await readiness(first)).status === 200;
  });
  t.equal(cluster.pidOf('n1'), pid, 'in the same process');
  for (let n = 0; n < KEYS; n += 1) t.equal(await storedValue(first, `k${n}`), 100 + n);
  t.equal(await put(first, 'k0', 200), 200);
  t.equal(await cluster.end('SIGTERM'), 0);
  await disks.unmountAll();
});
