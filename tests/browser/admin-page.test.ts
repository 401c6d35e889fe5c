/** The admin page in a real browser, on a real cluster: every screen, and what goes wrong. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { freeBasePort, RealCluster } from '../integration/real-cluster.js';
import { axeFindings, DESKTOP, go, launch, openPage, PATIENCE, PHONE, shows } from './browser.js';

/** Of the page and of a panel. */
const MARGIN = 30;
/** Each screen, and a text that is there once it has its answer. */
const SCREENS: readonly (readonly [name: string, shown: string])[] = [
  ['now', 'Reads and writes work at every level'],
  ['nodes', 'Who sees whom'],
  ['ring', 'Partitions by live copies'],
  ['key/greeting', 'What each owner holds'],
  ['conflicts', 'No key is in conflict.'],
  ['convergence', 'Last exchange of each pair'],
  ['settings', 'default_write_level'],
  ['consistency', 'a majority of the owners: reads see completed writes'],
  ['events', 'the ring is founded'],
  ['try-it', 'Two tabs, one cart'],
];

const base = await freeBasePort();
const cluster = await RealCluster.start(t, join(t.testdir(), 'data'), ['--base-port', `${base}`]);
const url = `http://127.0.0.1:${base + 3}/`;
const browser = await launch();
t.teardown(() => browser.close());

async function settingsNow(): Promise<Record<string, unknown>> {
  const answer = await fetch(`${cluster.url('n1')}/api/v1/config/consistency`);
  return ((await answer.json()) as { readonly settings: Record<string, unknown> }).settings;
}

/** Titles of panels that do not name both their call of the API and their command line. */
async function unsourced(page: Page): Promise<string[]> {
  const panels = page.locator('section.panel');
  const bare = panels.filter({ hasNotText: /API .*Command line / });
  const titles = await bare.locator('h2').allTextContents();
  t.ok((await panels.count()) > 0, 'there are panels');
  // It only asks for a key.
  return titles.filter((title) => title !== 'Which key');
}

t.test('every screen answers, on a desk and on a phone, and axe finds nothing', async (t) => {
  t.equal((await cluster.ask('put', 'greeting', 'hello')).status, 0);
  for (const [device, options] of Object.entries({ desk: DESKTOP, phone: PHONE })) {
    const { page, complaints } = await openPage(browser, options, url);
    for (const [screen, text] of SCREENS) {
      await go(page, screen);
      await shows(page, text);
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme });
        t.same(await axeFindings(page), [], `${screen} on the ${device}, ${colorScheme}`);
      }
      t.same(await unsourced(page), [], `${screen}: where else one gets it`);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      t.equal(width, options.viewport.width, `${screen} does not scroll sideways`);
    }
    t.same(complaints, []);
    await page.context().close();
  }
});

t.test('on a phone nothing that is asked for first is cut off', async (t) => {
  const { page } = await openPage(browser, PHONE, url);
  const isWithin = async (selector: string): Promise<boolean> => {
    const box = await page.locator(selector).last().boundingBox();
    return box !== null && box.x + box.width <= PHONE.viewport.width - MARGIN;
  };
  await go(page, 'settings');
  await shows(page, 'default_write_level');
  t.ok(await isWithin('select[aria-label=default_level]'), 'a field of the settings');
  t.ok(await isWithin('input[aria-label=read_repair_probability]'), 'beside the longest name');
  await go(page, 'nodes');
  await shows(page, /up, /);
  t.ok(await isWithin('.matrix td:last-child'), 'the third node');
  await go(page, 'consistency');
  await shows(page, 'everywhere');
  t.ok(await isWithin('.scroll[aria-label=Levels] th:nth-child(2)'), 'what reads reach');
  for (const [screen] of SCREENS) {
    const link = `nav a[href="#/${screen.replace(/\/.*/, '')}"]`;
    t.ok(await isWithin(link), `${screen} in the menu`);
  }
  await page.context().close();
});

t.test('on a phone what came of a change is in sight, and has the focus', async (t) => {
  const { page, complaints } = await openPage(browser, PHONE, `${url}#/settings`);
  const input = page.getByLabel('versions_kept_for_s', { exact: true });
  const panel = page.locator('section.panel').filter({ has: input });
  const isSeen = async (text: string): Promise<void> => {
    const place = page.locator(':focus').filter({ hasText: text });
    await place.waitFor(PATIENCE);
    const box = await place.boundingBox();
    const { height } = PHONE.viewport;
    t.ok(box !== null && box.y < height && box.y + box.height > 0, `${text} is in sight`);
  };
  await input.fill('-1');
  await panel.getByRole('button', { name: 'Dry run' }).click();
  await isSeen('(invalid_request)');
  await input.fill('60');
  await shows(page, 'quorate config set versions_kept_for_s=60 --dry-run');
  await panel.getByRole('button', { name: 'Dry run' }).click();
  await isSeen('Change on all nodes');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByLabel('Rules').fill('default_level=never');
  await page.getByLabel('Namespace', { exact: true }).fill('shop');
  const editor = page.locator('section.panel').filter({ has: page.getByLabel('Rules') });
  await editor.getByRole('button', { name: 'Dry run' }).click();
  await isSeen('(invalid');
  t.same(complaints, []);
  await page.context().close();
});

t.test('the keyboard alone reaches the screens and their controls', async (t) => {
  const { page } = await openPage(browser, DESKTOP, url);
  await shows(page, 'Reads and writes work at every level');
  await page.keyboard.press('Tab');
  t.match(await page.evaluate('document.activeElement.textContent'), /To the content/);
  for (let i = 0; i < 3; i += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await shows(page, 'Partitions by live copies');
  t.match(page.url(), /#\/ring$/);
  await page.getByRole('button', { name: 'Imagine n2 dead' }).focus();
  await page.keyboard.press('Space');
  await shows(page, /Without n2: Quorum reads and writes go on everywhere/);
  await page.getByRole('button', { name: 'Imagine n3 dead' }).click();
  await shows(page, /Without n2 and n3: 256 partitions would lack a quorum/);
  await page.context().close();
});

t.test('a request is tried: its receipt, its context, its curl line', async (t) => {
  const { page, complaints } = await openPage(browser, DESKTOP, `${url}#/try-it`);
  await page.getByLabel('Value (JSON)').fill('{"n":1}');
  await page.getByRole('combobox', { name: 'Level' }).selectOption('all');
  await page.getByRole('button', { name: 'Send' }).click();
  await shows(page, 'status 200');
  await shows(page, '3/3');
  const curl = await page.locator('code', { hasText: 'curl -X PUT' }).textContent();
  t.match(curl, `http://127.0.0.1:${base}/api/v1/kv/greeting`);
  t.match(curl, 'X-Consistency-Level: all');
  t.match(await page.getByLabel('Context').inputValue(), /^[\w-]{20,}$/);
  t.match((await cluster.ask('get', 'greeting')).out, '{"n":1}');
  t.same(complaints, []);
  await page.context().close();
});

t.test('how a read comes about is shown, step by step', async (t) => {
  const { page, complaints } = await openPage(browser, DESKTOP, `${url}#/key/greeting`);
  await page.getByRole('textbox', { name: 'Level' }).fill('all');
  await page.getByRole('button', { name: 'Explain a read' }).click();
  const steps = page.getByLabel('Explanation');
  await steps.getByText('level: all, answered: 3').first().waitFor(PATIENCE);
  t.ok((await steps.getByRole('row').count()) >= 6, 'a course, three questions, an end');
  t.same(await axeFindings(page), []);
  t.same(complaints, []);
  await page.context().close();
});

async function makeConflict(page: Page): Promise<void> {
  await go(page, 'try-it');
  const tabs = ['Tab A', 'Tab B'].map((name) => page.getByRole('group', { name }));
  for (const tab of tabs) {
    await tab.getByRole('button', { name: 'Read' }).click();
    await tab.getByText('Read.').waitFor(PATIENCE);
  }
  for (const [i, tab] of tabs.entries()) {
    await tab.getByRole('combobox').selectOption(i === 0 ? 'apples' : 'pears');
    await tab.getByRole('button', { name: 'Add' }).click();
    await tab.getByRole('button', { name: 'Save' }).click();
    await tab.getByText('Saved.').waitFor(PATIENCE);
  }
}

t.test('two tabs make a conflict; it is seen, resolved, audited, and restored', async (t) => {
  t.equal((await cluster.ask('put', 'demo-cart', '[]', '--json')).status, 0);
  const { page, complaints } = await openPage(browser, DESKTOP, url);
  await makeConflict(page);
  await go(page, 'conflicts');
  await page.getByRole('link', { name: 'demo-cart' }).waitFor(PATIENCE);
  await page.getByRole('combobox', { name: 'Strategy' }).selectOption('set-union');
  await page.getByRole('button', { name: 'Dry run' }).click();
  await shows(page, '2 siblings: would become ["apples","pears"]');
  t.equal((await cluster.ask('get', 'demo-cart')).status, 3, 'a dry run changes nothing');
  await page.getByRole('link', { name: 'demo-cart' }).click();
  await shows(page, '2 siblings');
  await page
    .locator('.value .right', { hasText: 'pears' })
    .or(page.locator('.value .right', { hasText: 'apples' }))
    .first()
    .waitFor(PATIENCE);
  await page.getByLabel('Resolve by a strategy').selectOption('set-union');
  const panel = page.locator('section.panel', { hasText: 'Resolve by a strategy' });
  await panel.getByRole('button', { name: 'Dry run' }).click();
  await shows(page, 'It would become:');
  await page.getByRole('button', { name: 'Resolve by set-union' }).click();
  await page.locator('td', { hasText: 'set-union' }).first().waitFor(PATIENCE);
  t.match((await cluster.ask('get', 'demo-cart')).out, '["apples","pears"]');
  const versions = page.getByLabel('Versions').getByText('current', { exact: true });
  t.equal(await versions.count(), 1, 'the siblings are current no more');
  const row = page.getByRole('row').filter({ hasText: '"pears"' });
  await row.getByRole('button', { name: 'Restore' }).first().click();
  await shows(page, /is the value now/);
  t.match((await cluster.ask('get', 'demo-cart')).out, '["pears"]');
  await go(page, 'conflicts');
  await shows(page, 'No key is in conflict.');
  t.same(complaints, []);
  await page.context().close();
});

async function change(page: Page, button: string): Promise<void> {
  await page.getByRole('heading', { name: 'Dry run' }).waitFor(PATIENCE);
  await page.getByRole('button', { name: button }).click();
  await shows(page, /^Changed: /);
}

t.test('a setting is changed after a dry run, and rolled back', async (t: Test) => {
  const { page, complaints } = await openPage(browser, DESKTOP, `${url}#/settings`);
  const input = page.getByLabel('versions_kept', { exact: true });
  // The namespaces below have a dry run of their own.
  const panel = page.locator('section.panel').filter({ has: input });
  const dryRun = panel.getByRole('button', { name: 'Dry run' });
  await input.fill('7');
  await dryRun.click();
  await page.locator('ins', { hasText: '7' }).waitFor(PATIENCE);
  t.equal((await settingsNow())['versions_kept'], 0, 'a dry run changes nothing');
  await change(page, 'Change on all nodes');
  t.equal((await settingsNow())['versions_kept'], 7);
  await input.fill('9');
  await dryRun.click();
  await change(page, 'Change on all nodes');
  // The history and the settings come one after the other.
  await page.getByRole('row').filter({ hasText: '7 → 9' }).getByText('In force').waitFor(PATIENCE);
  await page.getByRole('button', { name: 'Roll back to it' }).first().click();
  await change(page, 'Roll back on all nodes');
  t.equal((await settingsNow())['versions_kept'], 7);
  await shows(page, 'n3 has them');
  await go(page, 'events');
  await shows(page, /settings changed by/);
  await shows(page, /key "demo-cart" has 2 siblings/);
  await shows(page, /key "demo-cart" is in conflict no more: resolved by set-union/);
  t.same(complaints, []);
  await page.context().close();
});

t.test('nodes die: the page says who, what is lost, and what mends it', async (t) => {
  const { page, complaints, failures } = await openPage(browser, DESKTOP, url);
  await shows(page, 'Reads and writes work at every level');
  await cluster.kill('n3');
  await shows(page, 'Reads and writes go on at quorum');
  await shows(page, 'quorate cluster start-node n3');
  await page.getByRole('row', { name: /^all/ }).getByText('none').first().waitFor(PATIENCE);
  t.equal((await cluster.ask('put', 'while-away', 'x')).status, 0);
  await go(page, 'convergence');
  await shows(page, 'n3 is down');
  await go(page, 'nodes');
  await page.getByRole('row', { name: /^n1/ }).getByText('down').first().waitFor(PATIENCE);
  await go(page, 'key/while-away');
  await page
    .getByRole('row', { name: /^n3 owner/ })
    .getByText('down')
    .waitFor(PATIENCE);
  await shows(page, 'holds a hint');
  await go(page, 'ring');
  await shows(page, /As it is now: Quorum reads and writes go on everywhere/);
  t.same(await axeFindings(page), [], 'also while something is wrong');
  t.same(failures, [], 'one node that is away is no failure of the page');
  await cluster.kill('n1');
  await shows(page, /As it is now: 256 partitions lack a quorum/);
  await page.getByRole('button', { name: 'Imagine n2 dead' }).waitFor(PATIENCE);
  t.equal(await page.getByRole('button', { name: /^Imagine/ }).count(), 1, 'n2 alone lives');
  await go(page, 'now');
  await shows(page, 'cannot be read or written at quorum');
  await page.getByText('any node (n2)').waitFor({ ...PATIENCE, state: 'attached' });
  t.equal((await cluster.ask('put', 'refused', 'x')).status, 5);
  await page.getByRole('row', { name: /level_not_reached/ }).waitFor(PATIENCE);
  await go(page, 'key/while-away');
  await shows(page, /\(level_not_reached\): .*required 2/);
  await page.getByRole('button', { name: 'Read at level one' }).click();
  await page.locator('pre.value', { hasText: 'x' }).waitFor(PATIENCE);
  await go(page, 'events');
  for (const peer of ['n1', 'n3']) {
    await page
      .getByRole('listitem')
      .filter({ hasText: `peer is down peer ${peer}` })
      .waitFor();
  }
  await go(page, 'now');
  await cluster.kill('n2');
  await shows(page, 'No node answers');
  const starts = cluster.announced.nodes.map(({ id }) => `quorate cluster start-node ${id}`);
  await shows(page, starts.join(' && '));
  const [verdict, view] = ['.verdict', '.view'].map((part) => page.locator(part));
  t.notMatch(await verdict?.textContent(), /alerts/, 'no alerts of before');
  t.notMatch(await view?.textContent(), /n2\)/, 'nobody sees it');
  t.match(await page.locator('.figures').textContent(), /^Nodes up–/);
  await cluster.bringAllBack();
  await shows(page, 'Reads and writes work at every level');
  await page.getByLabel('as seen by').selectOption('n3');
  await go(page, 'events');
  await page.getByRole('combobox', { name: 'Node' }).selectOption('n3');
  await shows(page, /peer is up/);
  t.same(complaints, []);
});
