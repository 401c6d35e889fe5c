/** Disks that are full: nodes read on, lose nothing, and take writes again by themselves. */
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
