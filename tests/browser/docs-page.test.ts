/** The page at /docs in a real browser: on a desktop and on a phone, with everything opened. */
import type { Page } from 'playwright-core';
import t from 'tap';
import { serve } from '../unit/api/served.js';
import { axeFindings, DESKTOP, launch, openPage, PHONE } from './browser.js';

const OPEN_ALL = 'for (const one of document.querySelectorAll("details")) one.open = true';
const COPIED = 'navigator.clipboard.readText()';
const SELECTED = 'getSelection().toString()';
const NO_CLIPBOARD = 'Object.defineProperty(navigator, "clipboard", { value: undefined })';
const REFUSED = 'navigator.clipboard.writeText = () => Promise.reject(new Error("refused"))';

t.test('the page of the API fits a phone, and axe finds nothing serious', async (t) => {
  const { port } = await serve(t);
  const browser = await launch();
  t.teardown(() => browser.close());
  for (const [name, options] of Object.entries({ DESKTOP, PHONE })) {
    const { page, complaints } = await openPage(browser, options, `http://127.0.0.1:${port}/docs`);
    await page.evaluate(OPEN_ALL);
    const width = await page.evaluate('document.documentElement.scrollWidth');
    t.ok(Number(width) <= options.viewport.width, `${name}: ${width} pixels wide`);
    t.strictSame(await axeFindings(page), [], name);
    t.strictSame(complaints, [], name);
    await page.close();
  }
});

/** The block of the line for curl of one operation, its button, and what that says. */
function partsOf(page: Page, operation: string) {
  const details = page.locator(`details#${operation}`);
  const button = details.getByRole('button').first();
  return {
    line: details.locator('pre').first(),
    button,
    said: details.getByRole('status').first(),
  };
}

t.test('a button copies each block as it is shown, by mouse and by keyboard', async (t) => {
  const { port } = await serve(t);
  const browser = await launch();
  t.teardown(() => browser.close());
  const { page, complaints } = await openPage(browser, DESKTOP, `http://127.0.0.1:${port}/docs`);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  t.equal(await page.locator('pre').count(), await page.locator('pre + button').count());
  await page.evaluate(OPEN_ALL);

  const put = partsOf(page, 'putValue');
  await put.button.click();
  await put.said.getByText('copied').waitFor();
  t.match(await page.evaluate(COPIED), /^curl -X PUT -H 'Content-Type: application\/json' -d/);
  t.equal(await page.evaluate(COPIED), await put.line.textContent());
  t.strictSame(await axeFindings(page), [], 'with what the button says');

  const get = partsOf(page, 'getValue');
  await get.button.focus();
  await page.keyboard.press('Enter');
  await get.said.getByText('copied').waitFor();
  t.equal(await page.evaluate(COPIED), await get.line.textContent());
  t.equal(await put.said.textContent(), '', 'only the last one is in the clipboard');

  for (const [without, operation] of [
    [REFUSED, 'getValue'],
    [NO_CLIPBOARD, 'putValue'],
  ] as const) {
    await page.evaluate(without);
    const { line, button, said } = partsOf(page, operation);
    await button.focus();
    await page.keyboard.press('Space');
    await said.getByText('selected: Ctrl+C copies it').waitFor();
    t.equal(await page.evaluate(SELECTED), await line.textContent(), without);
  }
  t.strictSame(complaints, []);
});
