/** The admin page of nodes in two zones: what a zone takes along, and a page that only shows. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { NodeProcess } from '../integration/node-process.js';
import { freeBasePort, QUORATE } from '../integration/real-cluster.js';
import { axeFindings, DESKTOP, go, launch, openPage, PATIENCE, PHONE, shows } from './browser.js';

const IDS = ['n1', 'n2', 'n3'];
const zoneOf = (id: string): string => (id === 'n1' ? 'north' : 'south');
const [CHANGING, SHOWING] = [4, 5];
/** Another way to say 127.0.0.1, which is not taken for loopback: nothing leaves this machine. */
const ELSEWHERE = '[::ffff:127.0.0.1]';

const basePort = await freeBasePort();
const folder = join(t.testdir(), 'cluster');
mkdirSync(folder);
writeFileSync(join(folder, 'secret'), '0123456789abcdef'.repeat(4), { mode: 0o600 });
const pages = new Map([
  ['n1', ['--admin-listen', `127.0.0.1:${basePort + CHANGING}`]],
  ['n2', ['--admin-listen', `${ELSEWHERE}:${basePort + SHOWING}`, '--http-unsafe-listen']],
]);
const nodes = IDS.map((id) => {
  return new NodeProcess({ owner: t, ids: IDS, id, basePort, folder, zoneOf });
});
await Promise.all(nodes.map((node) => node.start(QUORATE, { words: pages.get(node.id) ?? [] })));
const browser = await launch();
t.teardown(() => browser.close());

t.test('the death of a zone is imagined: what is lost with it', async (t: Test) => {
  const url = `http://127.0.0.1:${basePort + CHANGING}/#/ring`;
  const { page, complaints } = await openPage(browser, DESKTOP, url);
  await page.getByRole('button', { name: 'Imagine zone north dead' }).click();
  await shows(page, /Without n1: Quorum reads and writes go on everywhere/);
  await page.getByRole('button', { name: 'Imagine zone north dead' }).click();
  await page.getByRole('button', { name: 'Imagine zone south dead' }).click();
  await shows(page, 'Without n2 and n3: 8 partitions would lack a quorum');
  t.equal(await page.getByText('imagined dead').count(), 2);
  t.equal(await page.locator('.cells .lost').count(), 8, 'with a frame, not by colour alone');
  t.same(await page.locator('.cells .lost').allTextContents(), new Array(8).fill('1'));
  t.same(await axeFindings(page), []);
  t.same(complaints, []);
  await page.context().close();
});

t.test('a page beyond loopback says that it only shows, and nothing can be pressed', async (t) => {
  const url = `http://127.0.0.1:${basePort + SHOWING}/`;
  const { page, complaints } = await openPage(browser, PHONE, `${url}#/settings`);
  await shows(page, /^Read-only: this page can be reached from elsewhere/);
  const versions = page.getByLabel('versions_kept', { exact: true });
  await versions.waitFor(PATIENCE);
  t.equal(await versions.isDisabled(), true);
  await page.getByLabel('Namespace', { exact: true }).fill('shop');
  const tries = page.getByRole('button', { name: 'Dry run' });
  t.equal(await tries.count(), 2);
  for (const button of await tries.all()) t.equal(await button.isDisabled(), true);
  await go(page, 'consistency');
  const choice = page.getByLabel('Default level of reads');
  await choice.waitFor(PATIENCE);
  t.equal(await choice.isDisabled(), true);
  await go(page, 'convergence');
  const exchange = page.getByRole('button', { name: 'Exchange now' });
  await exchange.waitFor(PATIENCE);
  t.equal(await exchange.isDisabled(), true);
  t.same(await axeFindings(page), []);
  t.same(complaints, []);
  await page.context().close();
});
