/** The admin page of a node that is told where to serve it: on loopback, and beyond. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { NodeProcess } from './node-process.js';
import { freeBasePort, QUORATE } from './real-cluster.js';

const PAGE_ABOVE = 3;

/** A node alone. @returns the address of its page */
async function startWith(
  t: Test,
  host: string,
  more: readonly string[] = [],
): Promise<{ readonly node: NodeProcess; readonly page: string }> {
  const folder = join(t.testdir(), 'node');
  mkdirSync(folder);
  writeFileSync(join(folder, 'secret'), '0123456789abcdef'.repeat(4), { mode: 0o600 });
  const basePort = await freeBasePort();
  const node = new NodeProcess({ owner: t, ids: ['n1'], id: 'n1', basePort, folder });
  const port = basePort + PAGE_ABOVE;
  await node.start(QUORATE, { words: ['--admin-listen', `${host}:${port}`, ...more] });
  return { node, page: `http://127.0.0.1:${port}/` };
}

const CHANGE = {
  method: 'PUT',
  headers: { 'content-type': 'application/json', 'x-quorate-page': '1' },
  body: '{"value":1}',
};

t.test('a node serves the page where --admin-listen says, and changes pass', async (t) => {
  const { node, page } = await startWith(t, '127.0.0.1');
  t.match(await (await fetch(page)).text(), /<div id="page">/);
  const facts = (await (await fetch(`${page}page.json`)).json()) as object;
  t.match(facts, { program: 'quorate', nodes: [{ id: 'n1', address: new URL(node.url).host }] });
  t.notOk('read_only' in facts, 'on loopback one may change everything');
  t.match(node.log, /the admin page is served/);
  t.equal((await fetch(`${page}api/v1/kv/k`, CHANGE)).status, 200);
  t.match(await (await fetch(`${page}api/v1/kv/k`)).text(), '"value":1');
  t.equal(await node.stop(), 0);
  await t.rejects(fetch(page), 'it ends with its node');
});

/** Another way to say 127.0.0.1, which is not taken for loopback: nothing leaves this machine. */
const ELSEWHERE = '[::ffff:127.0.0.1]';

t.test('beyond loopback the page only shows, and says why', async (t) => {
  const { page } = await startWith(t, ELSEWHERE, ['--http-unsafe-listen']);
  const facts = await (await fetch(`${page}page.json`)).json();
  t.match(facts, { read_only: /can be reached from elsewhere .* it only shows/ });
  const refused = await fetch(`${page}api/v1/kv/k`, CHANGE);
  t.equal(refused.status, 403);
  t.match(await refused.json(), { detail: /it only shows/, outcome: 'none' });
  t.equal((await fetch(`${page}api/v1/kv/k`)).status, 404, 'nothing was written, reads pass');
});
