/**
 * `npm run page-pictures`: docs/images/admin-*.png, of a cluster of real processes that is led
 * through a first session: load, two writers of one cart, a setting tried and taken back, a node
 * that is killed. `--base-port` says where it listens, `--only now,key` which pictures are kept.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { processOwner } from '../benchmarks/owner.js';
import { RealCluster } from '../integration/real-cluster.js';
import { launch, openPage } from './browser.js';
import { paletteOf } from './palette-png.js';
import { wholeNumber } from '../whole-number.js';

const { values } = parseArgs({
  options: { 'base-port': { type: 'string', default: '8090' }, only: { type: 'string' } },
});
const only = values.only?.split(',');
const PATIENCE = { timeout: 30_000 };
/** So that the charts have something to show. */
const LOAD_MILLISECONDS = 25_000;
const PAUSE_MILLISECONDS = 15;
const LIGHT = { viewport: { width: 1200, height: 800 }, colorScheme: 'light' } as const;
const DARK = { ...LIGHT, colorScheme: 'dark' } as const;
const PHONE = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } as const;
const CARTS = ['["milk","tea"]', '["milk","apples"]'] as const;
const JSON_TYPE = { 'content-type': 'application/json' };

const owner = processOwner();
const folder = mkdtempSync(join(tmpdir(), 'quorate-pictures-'));
owner.teardown(() => rmSync(folder, { recursive: true, force: true }));
const base = wholeNumber('--base-port', values['base-port']);
const cluster = await RealCluster.start(owner, join(folder, 'data'), ['--base-port', `${base}`]);
const url = `http://127.0.0.1:${base + 3}/`;
const browser = await launch();
const { page } = await openPage(browser, LIGHT, url);

async function go(on: Page, screen: string, text: string | RegExp): Promise<void> {
  await on.evaluate(`location.hash = ${JSON.stringify(`#/${screen}`)}`);
  await on.getByText(text).first().waitFor(PATIENCE);
  await on.waitForTimeout(800);
}

/** @param whole the page to its end, not only what the window shows */
async function picture(on: Page, name: string, whole = false): Promise<void> {
  if (only !== undefined && !only.includes(name)) return;
  const path = resolve(`docs/images/admin-${name}.png`);
  const size = on.viewportSize() ?? LIGHT.viewport;
  const height = Number(await on.evaluate('document.documentElement.scrollHeight'));
  // What sticks to the window stands at its end, not in the middle of the picture.
  if (whole) await on.setViewportSize({ ...size, height });
  const png = paletteOf(await on.screenshot({ animations: 'disabled', caret: 'hide' }));
  if (whole) await on.setViewportSize(size);
  writeFileSync(path, png);
  console.log(`${path} ${png.length} bytes`);
}

const stored = async (
  id: string,
  key: string,
  value: string,
  context?: string,
): Promise<string> => {
  const answer = await fetch(`${cluster.url(id)}/api/v1/kv/${key}`, {
    method: 'PUT',
    headers: { ...JSON_TYPE, ...(context === undefined ? {} : { 'x-causal-context': context }) },
    body: `{"value":${value}}`,
  });
  return ((await answer.json()) as { readonly context: string }).context;
};

async function conflict(key: string): Promise<void> {
  const context = await stored('n1', key, '["milk"]');
  await Promise.all(CARTS.map((cart, i) => stored(`n${i + 1}`, key, cart, context)));
}

async function load(): Promise<void> {
  const end = Date.now() + LOAD_MILLISECONDS;
  for (let i = 0; Date.now() < end; i += 1) {
    const key = `user:${i % 200}`;
    if (i % 3 === 0) await stored(`n${(i % 2) + 1}`, key, `{"visits":${i}}`);
    else await (await fetch(`${cluster.url(`n${(i % 2) + 1}`)}/api/v1/kv/${key}`)).text();
    await pause(PAUSE_MILLISECONDS);
  }
}

await load();
for (const key of ['cart:17', 'cart:21', 'cart:40']) await conflict(key);
await go(page, 'key/cart:17', '2 siblings');
await page.getByLabel('Resolve by a strategy').selectOption('set-union');
await page.getByRole('button', { name: 'Dry run' }).click();
await page.getByText('It would become:').waitFor(PATIENCE);
await picture(page, 'key', true);

await go(page, 'conflicts', 'Resolve many');
await page.getByRole('combobox', { name: 'Strategy' }).selectOption('set-union');
await page.getByRole('button', { name: 'Dry run' }).click();
await page
  .getByText(/would become/)
  .nth(2)
  .waitFor(PATIENCE);
await picture(page, 'conflicts', true);
await page.getByRole('button', { name: /^Resolve 3/ }).click();
await page.getByText('No key is in conflict.').waitFor(PATIENCE);
await go(page, 'key/cart:17', 'set-union');
await picture(page, 'resolved', true);

await go(page, 'settings', 'default_write_level');
const kept = page.getByLabel('versions_kept', { exact: true });
const panel = page.locator('section.panel').filter({ has: kept });
const tried = async (value: string): Promise<void> => {
  await kept.fill(value);
  await panel.getByRole('button', { name: 'Dry run' }).click();
  await page.locator('ins', { hasText: value }).first().waitFor(PATIENCE);
};
/** The history and the settings come one after the other. */
const inForce = async (change: string): Promise<void> => {
  const row = page.getByRole('row').filter({ hasText: change });
  await row.getByText('In force').waitFor(PATIENCE);
  await page.getByText('n3 has them').waitFor(PATIENCE);
};
for (const [from, to] of [
  ['0', '3'],
  ['3', '9'],
] as const) {
  await tried(to);
  await page.getByRole('button', { name: 'Change on all nodes' }).click();
  await inForce(`${from} → ${to}`);
}
await page.getByRole('button', { name: 'Roll back to it' }).first().click();
await page.getByRole('button', { name: 'Roll back on all nodes' }).click();
await inForce('9 → 3');
await tried('5');
await picture(page, 'settings', true);

await go(page, 'try-it', 'Two tabs, one cart');
await page.getByRole('button', { name: 'Send' }).click();
await page.getByText('status 200').waitFor(PATIENCE);
await picture(page, 'try-it', true);
await go(page, 'consistency', 'everywhere');
await picture(page, 'consistency', true);

const going = load();
await pause(LOAD_MILLISECONDS / 4);
await cluster.kill('n3');
await go(page, 'now', 'quorate cluster start-node n3');
await pause(LOAD_MILLISECONDS / 2);
await picture(page, 'now');
await go(page, 'nodes', 'Who sees whom');
await picture(page, 'nodes');
await go(page, 'convergence', 'n3 is down');
await picture(page, 'convergence', true);
const dark = await openPage(browser, DARK, `${url}#/ring`);
await dark.page.getByRole('button', { name: 'Imagine n2 dead' }).click();
await go(dark.page, 'ring', /Without n2/);
await picture(dark.page, 'ring');
const phone = await openPage(browser, PHONE, `${url}#/nodes`);
await go(phone.page, 'nodes', 'Who sees whom');
await picture(phone.page, 'phone');
await going;
await cluster.bringBack('n3');
await go(page, 'events', /peer is up/);
await picture(page, 'events');

await browser.close();
process.exitCode = (await cluster.end('SIGTERM')) === 0 ? 0 : 1;
