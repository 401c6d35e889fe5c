/** What one changes on the admin page, and what one reads there while requests come in. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page, Request } from 'playwright-core';
import t, { type Test } from 'tap';
import { softwareVersion } from '../../bin/software-version.js';
import { freeBasePort, RealCluster } from '../integration/real-cluster.js';

import { DESKTOP, go, launch, openPage, panelOf, PATIENCE, shows } from './browser.js';

const LOAD_PAUSE_MILLISECONDS = 20;

const base = await freeBasePort();
const cluster = await RealCluster.start(t, join(t.testdir(), 'data'), ['--base-port', `${base}`]);
const url = `http://127.0.0.1:${base + 3}/`;
const browser = await launch();
t.teardown(() => browser.close());

interface Body {
  readonly context?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly namespaces?: readonly { readonly namespace: string; readonly rules: unknown }[];
}

async function asked(id: string, path: string, init: RequestInit = {}): Promise<Body> {
  return (await (await fetch(`${cluster.url(id)}/api/v1/${path}`, init)).json()) as Body;
}

async function stored(
  id: string,
  key: string,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { context = '' } = await asked(id, `kv/${key}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ value }),
  });
  return context;
}

/** Two who have seen the same write at the same moment. */
async function conflict(key: string): Promise<void> {
  const context = await stored('n1', key, ['milk']);
  const headers = { 'x-causal-context': context };
  await Promise.all([
    stored('n1', key, ['milk', 'tea'], headers),
    stored('n2', key, ['milk', 'rice'], headers),
  ]);
}

/** One look after the other at what the first button of a panel did, then its second. */
async function press(page: Page, panel: string, button: string | RegExp): Promise<void> {
  const place = panelOf(page, page.getByRole('heading', { name: panel, exact: true }));
  await place.getByRole('button', { name: button }).click();
}

t.test('many keys are resolved at once, after a dry run', async (t: Test) => {
  const keys = ['cart-1', 'cart-2', 'cart-3'];
  for (const key of keys) await conflict(key);
  const { page, complaints } = await openPage(browser, DESKTOP, `${url}#/conflicts`);
  const list = page.getByRole('group', { name: 'Keys in conflict' });
  await list.getByText('race', { exact: true }).nth(2).waitFor(PATIENCE);
  await page.getByRole('combobox', { name: 'Strategy' }).selectOption('set-union');
  const resolve = page.getByRole('button', { name: 'Resolve 3 keys' });
  t.equal(await resolve.isDisabled(), true, 'not before it was shown what becomes of them');
  await press(page, 'Resolve many', 'Dry run');
  await page.getByText('2 siblings: would become ["milk","rice","tea"]').nth(2).waitFor(PATIENCE);
  t.same(await page.locator('th', { hasText: /outcome/i }).allTextContents(), ['Outcome']);
  await resolve.click();
  await page
    .getByText(/^resolved as /)
    .nth(2)
    .waitFor(PATIENCE);
  await shows(page, 'No key is in conflict.');
  for (const key of keys) {
    t.match((await cluster.ask('get', key)).out, '["milk","rice","tea"]', key);
  }
  t.same(complaints, []);
  await page.context().close();
});

t.test('the trend of conflicts: what arises while one looks is in the chart', async (t: Test) => {
  const { page, complaints } = await openPage(browser, DESKTOP, `${url}#/conflicts`);
  await page.getByRole('img', { name: /^Siblings that arise a second/ }).waitFor(PATIENCE);
  const legend = page.getByRole('listitem').filter({ hasText: 'New siblings a second' });
  await legend.filter({ hasText: /second 0$/ }).waitFor(PATIENCE);
  const risen = legend.filter({ hasText: /second [0-9.]*[1-9]/ }).waitFor(PATIENCE);
  await Promise.all(['trend-1', 'trend-2', 'trend-3'].map(conflict));
  await risen;
  for (const key of ['trend-1', 'trend-2', 'trend-3']) {
    await page.getByRole('link', { name: key }).waitFor(PATIENCE);
    t.equal((await cluster.ask('resolve', key, '--strategy', 'set-union')).status, 0);
  }
  await shows(page, 'No key is in conflict.');
  t.same(complaints, []);
  await page.context().close();
});

t.test(
  'hints by holder and target say when they will be delivered, or why not',
  async (t: Test) => {
    const { page, complaints } = await openPage(browser, DESKTOP, `${url}#/now`);
    const row = { count: 5000, bytes: 1_048_576, oldest: new Date().toISOString() };
    const hints = [
      { ...row, holder: 'n1', target: 'n2', reason: 'they are being delivered' },
      { ...row, holder: 'n2', target: 'n3', reason: 'n3 is down' },
    ];
    const ends = new Date(Date.now() + 600_000).toISOString();
    await page.route('**/api/v1/cluster/hints', (route) =>
      route.fulfill({
        json: { hints: [{ ...hints[0], estimated_end: ends }, hints[1]], unanswered: [] },
      }),
    );
    await go(page, 'convergence');
    const table = page.getByRole('group', { name: 'Hints' });
    await table.getByRole('row', { name: /^n1 n2 5,?000 .* in 10 min they are/ }).waitFor(PATIENCE);
    await table.getByRole('row', { name: /^n2 n3 .* unknown n3 is down/ }).waitFor(PATIENCE);
    await shows(page, /10,?000 hints on the way/);
    t.same(complaints, []);
    await page.context().close();
  },
);

t.test('siblings are resolved by hand', async (t: Test) => {
  await conflict('cart-4');
  const { page, complaints } = await openPage(browser, DESKTOP, `${url}#/key/cart-4`);
  const text = page.getByLabel('Or to a value, by hand (JSON)');
  await text.fill('milk');
  const button = page.getByRole('button', { name: 'Resolve to this value' });
  await button.click();
  await shows(page, 'That is no JSON: a text stands in double quotes.');
  t.equal((await cluster.ask('get', 'cart-4')).status, 3, 'nothing has changed');
  await text.fill('["by hand"]');
  await button.click();
  await text.waitFor({ ...PATIENCE, state: 'detached' });
  t.match((await cluster.ask('get', 'cart-4')).out, '["by hand"]');
  t.same(complaints, []);
  await page.context().close();
});

t.test('by hand, in another namespace: with all digits, and no sibling unseen', async (t: Test) => {
  await asked('n1', 'namespaces/stock', {
    ...{ method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' },
  });
  const path = 'namespaces/stock/kv/account';
  const put = async (value: string, context?: string): Promise<string> => {
    const more = context === undefined ? '' : `,"context":"${context}"`;
    const answer = await asked('n2', path, {
      ...{ method: 'PUT', headers: { 'content-type': 'application/json' } },
      body: `{"value":${value}${more}}`,
    });
    return answer.context ?? '';
  };
  const context = await put('1');
  for (const value of ['12345678901234567891', '12345678901234567892']) await put(value, context);
  const { page, complaints } = await openPage(browser, DESKTOP, `${url}#/conflicts`);
  await page.getByRole('link', { name: 'account', exact: true }).click();
  const text = page.getByLabel('Or to a value, by hand (JSON)');
  await text.waitFor(PATIENCE);
  t.match(await text.inputValue(), /^1234567890123456789[12]$/);
  await text.fill('12345678901234567893');
  await put('7', context);
  await shows(page, 'There are other siblings now than those that you began with.');
  const button = page.getByRole('button', { name: 'Resolve to this value' });
  t.equal(await button.isDisabled(), true);
  await page.getByRole('button', { name: 'I have looked at them' }).click();
  await button.click();
  await text.waitFor({ ...PATIENCE, state: 'detached' });
  const answer = await fetch(`${cluster.url('n3')}/api/v1/${path}`);
  t.match(await answer.text(), '12345678901234567893');
  await shows(page, 'quorate get account --namespace stock');
  t.same(complaints, []);
  await page.context().close();
});

t.test('a default is changed beside the levels, which show their latency', async (t: Test) => {
  const { page, complaints } = await openPage(browser, DESKTOP, `${url}#/consistency`);
  const choice = page.getByLabel('Default level of reads');
  const row = page.getByRole('row', { name: /^one / });
  await row.getByText('everywhere').first().waitFor(PATIENCE);
  t.notMatch(await row.textContent(), /ms/, 'nobody has read at it');
  const make = async (level: string): Promise<void> => {
    await choice.selectOption(level);
    await press(page, 'Defaults', 'Dry run');
    const before = (await asked('n3', 'config/consistency')).settings?.['default_level'];
    t.not(before, level, 'a choice changes nothing, nor does a dry run');
    await page.getByRole('button', { name: 'Change on all nodes' }).click();
    await shows(page, 'Changed: n1, n2, n3 have it.');
  };
  await make('one');
  const { settings } = await asked('n3', 'config/consistency');
  t.equal(settings?.['default_level'], 'one');
  for (let i = 0; i < 5; i += 1) await asked('n1', 'kv/cart-4');
  await row.getByText(/ms \/ .*ms \(5\)/).waitFor(PATIENCE);
  await make('quorum');
  t.same(complaints, []);
  await page.context().close();
});

t.test('a namespace is made, changed and deleted', async (t: Test) => {
  const { page, complaints } = await openPage(browser, DESKTOP, `${url}#/settings`);
  const editor = 'Make or change a namespace';
  const rulesNow = async (): Promise<unknown> => {
    const { namespaces = [] } = await asked('n2', 'namespaces');
    return namespaces.find(({ namespace }) => namespace === 'shop')?.rules;
  };
  const row = page.getByRole('row', { name: /^shop / });
  const make = async (rules: string): Promise<void> => {
    await page.getByLabel('Rules').fill(rules);
    await press(page, editor, 'Dry run');
    await shows(page, `It would go through: shop with ${rules}.`);
  };
  const done = async (): Promise<void> => {
    await press(page, editor, 'Do it on all nodes');
    await shows(page, 'Done: n1, n2, n3 have it.');
  };
  await page.getByLabel('Namespace', { exact: true }).fill('shop');
  await make('default_level=one');
  t.equal(await rulesNow(), undefined, 'a dry run changes nothing');
  await done();
  t.match(await rulesNow(), { default_level: 'one' });
  await row.getByText('default_level=one').waitFor(PATIENCE);
  await page.getByRole('button', { name: 'Edit shop' }).click();
  t.equal(await page.getByLabel('Rules').inputValue(), 'default_level=one');
  await make('default_level=all');
  t.match(await rulesNow(), { default_level: 'one' }, 'nor does the next');
  await done();
  await row.getByText('default_level=all').waitFor(PATIENCE);
  await page.getByRole('button', { name: 'Delete shop' }).click();
  await shows(page, 'It would go through: delete shop, which holds no keys.');
  t.match(await rulesNow(), { default_level: 'all' });
  await done();
  await row.waitFor({ ...PATIENCE, state: 'detached' });
  t.equal(await rulesNow(), undefined);
  t.same(complaints, []);
  await page.context().close();
});

/** Reads and writes through n1 until it is stopped. */
function load(): () => Promise<void> {
  let isOver = false;
  const run = (async () => {
    for (let i = 0; !isOver; i += 1) {
      await stored('n1', `load-${i % 10}`, i);
      await asked('n1', `kv/load-${i % 10}`);
      await pause(LOAD_PAUSE_MILLISECONDS);
    }
  })();
  return () => {
    isOver = true;
    return run;
  };
}

t.test('what goes on is shown: rates, latencies, degraded answers', async (t: Test) => {
  const { page, complaints } = await openPage(browser, DESKTOP, url);
  await shows(page, 'None: no request fell back from the level that it asked for.');
  const stop = load();
  const figure = (name: string, value: RegExp) =>
    page.locator('.figures > *').filter({ hasText: name }).filter({ hasText: value });
  for (const name of ['Reads a second', 'Writes a second']) {
    await figure(name, /[1-9]/).waitFor(PATIENCE);
  }
  for (const name of ['p99 of reads', 'p99 of writes']) {
    await figure(name, /[1-9][\d.]* ms/).waitFor(PATIENCE);
  }
  await stop();
  await cluster.kill('n3');
  await shows(page, 'Reads and writes go on at quorum');
  const headers = { 'x-consistency-level': 'all', 'x-consistency-fallback': 'quorum' };
  await stored('n1', 'degraded', 1, headers);
  const row = page.getByRole('row', { name: 'all, held quorum' });
  await row.getByText('1', { exact: true }).waitFor(PATIENCE);
  await figure('Degraded answers', /1$/).waitFor(PATIENCE);
  t.same(complaints, []);
  await page.context().close();
});

t.test('a node that was started again shows its start, and what each is', async (t: Test) => {
  t.equal((await cluster.bringBack('n3')).status, 0);
  const { page, complaints } = await openPage(browser, DESKTOP, `${url}#/nodes`);
  const nodes = page.getByRole('group', { name: 'Nodes' });
  const cellOf = async (id: string, column: string): Promise<string> => {
    const head = await nodes.getByRole('columnheader').allTextContents();
    const row = nodes.getByRole('row').filter({ hasText: id });
    return (await row.getByRole('cell').nth(head.indexOf(column)).textContent()) ?? '';
  };
  await page
    .locator('.matrix td', { hasText: /^●up, [\d.]+ (?:µs|ms)$/ })
    .nth(5)
    .waitFor(PATIENCE);
  t.equal(await cellOf('n1', 'Starts'), '1');
  t.equal(await cellOf('n3', 'Starts'), '2');
  for (const id of cluster.ids) {
    t.equal(await cellOf(id, 'Version'), softwareVersion());
    t.match(await cellOf(id, 'Clock'), /^[+-]?\d+ ms$/);
    t.match(await cellOf(id, 'Room'), /^[\d.]+ [MGT]iB$/);
  }
  await go(page, 'now');
  await shows(page, 'Reads and writes work at every level');
  t.same(complaints, []);
  await page.context().close();
});

t.test('a node that hangs takes no connection from the others', async (t: Test) => {
  const { page, complaints } = await openPage(browser, DESKTOP, url);
  await shows(page, 'Reads and writes work at every level');
  const pid = cluster.pidOf('n3');
  process.kill(pid, 'SIGSTOP');
  t.teardown(() => process.kill(pid, 'SIGCONT'));
  await shows(page, 'Reads and writes go on at quorum');
  const waiting = new Set<Request>();
  let waitingMost = 0;
  const over = (request: Request) => waiting.delete(request);
  page
    .on('requestfinished', over)
    .on('requestfailed', over)
    .on('request', (request) => {
      if (request.url().endsWith('/nodes/n3/metrics')) waiting.add(request);
      waitingMost = Math.max(waitingMost, waiting.size);
    });
  for (let looks = 0; looks < 4; looks += 1) {
    await page.waitForResponse((answer) => answer.url().endsWith('/nodes/n1/metrics'), PATIENCE);
  }
  t.equal(waitingMost, 1, 'a browser has six connections: all looks together take one of them');
  process.kill(pid, 'SIGCONT');
  await shows(page, 'Reads and writes work at every level');
  t.same(complaints, []);
  await page.context().close();
});
