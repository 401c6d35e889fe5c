/** The page at /docs in a real browser: on a desktop and on a phone, with everything opened. */
import t from 'tap';
import { serve } from '../unit/api/served.js';
import { axeFindings, DESKTOP, launch, openPage, PHONE } from './browser.js';

t.test('the page of the API fits a phone, and axe finds nothing serious', async (t) => {
  const { port } = await serve(t);
  const browser = await launch();
  t.teardown(() => browser.close());
  for (const [name, options] of Object.entries({ DESKTOP, PHONE })) {
    const { page, complaints } = await openPage(browser, options, `http://127.0.0.1:${port}/docs`);
    await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
    const width = await page.evaluate('document.documentElement.scrollWidth');
    t.ok(Number(width) <= options.viewport.width, `${name}: ${width} pixels wide`);
    t.strictSame(await axeFindings(page), [], name);
    t.strictSame(complaints, [], name);
    await page.close();
  }
});
