/** A disk that does not answer: its node says so, the others go on, and nothing is lost. */
import t from 'tap';
import { freeBasePort, RealCluster, until } from '../integration/real-cluster.js';
import { DiskImages } from './disk-images.js';

const NODES = ['n1', 'n2', 'n3'] as const;
const KEYS = 30;
const PATIENCE_MILLISECONDS = 30_000;
const ALERT = /the disk of n2 does not answer/;

async function put(url: string, key: string, value: number): Promise<number> {
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ value });
  const answer = await fetch(`${url}/api/v1/kv/${key}`, { method: 'PUT', headers, body });
  await answer.text();
  return answer.status;
}

async function storedValue(url: string, key: string): Promise<unknown> {
  const headers = { 'X-Consistency-Level': 'all' };
  const answer = await fetch(`${url}/api/v1/kv/${key}`, { headers });
  return ((await answer.json()) as { readonly value?: unknown }).value;
}

t.test('a file system that is frozen, and then thawed', async (t) => {
  const disks = DiskImages.create(NODES);
  t.teardown(() => disks.discard());
  disks.mountAll();
  const words = ['--base-port', String(await freeBasePort()), '--partitions', '16'];
  const cluster = await RealCluster.start(t, disks.folder, words);
  const urls = NODES.map((id) => cluster.url(id));
  const [, second = ''] = urls;
  for (let n = 0; n < KEYS; n += 1) t.equal(await put(second, `k${n}`, n), 200);
  const metrics = async (): Promise<string> => (await fetch(`${second}/metrics`)).text();
  t.match(await metrics(), /^quorate_disk_stalled_seconds 0$/m);

  disks.freeze('n2');
  for (let n = 0; n < KEYS; n += 1) {
    t.equal(await put(urls[n % urls.length] ?? '', `k${n}`, 100 + n), 200, 'two others take it');
  }
  await until('n2 to say so', PATIENCE_MILLISECONDS, async () => {
    const answer = await fetch(`${second}/readyz`);
    return answer.status === 200 && (await answer.text()).includes('has not answered for');
  });
  t.match(await cluster.ask('status'), { status: 8, out: ALERT });
  t.match(await metrics(), /^quorate_disk_stalled_seconds [1-9]/m);

  disks.thaw('n2');
  await until('the alert to end', PATIENCE_MILLISECONDS, async () => {
    return !ALERT.test((await cluster.ask('status')).out);
  });
  t.match(await metrics(), /^quorate_disk_stalled_seconds 0$/m);
  for (let n = 0; n < KEYS; n += 1) t.equal(await storedValue(second, `k${n}`), 100 + n);
  t.equal(await cluster.end('SIGTERM'), 0);
  await disks.unmountAll();
});
