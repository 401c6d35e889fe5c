/** A headless Chromium: the one of the system, driven by playwright. */
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** It looks for nothing outside. As root there is no sandbox to be had. */
const FLAGS = [
  ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-component-update'],
  ...['--disable-background-networking', '--disable-sync'],
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];
/** A busy machine answers late, and a page asks anew every few seconds. */
export const PATIENCE = { timeout: 20_000 };
export const DESKTOP = { viewport: { width: 1280, height: 860 }, colorScheme: 'light' } as const;
export const PHONE = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } as const;

/** Why browser tests cannot run here; undefined: they can. */
export function whyNoBrowser(): string | undefined {
  if (CHROMIUM.some((path) => existsSync(path))) return undefined;
  return `there is no browser: ${CHROMIUM.join(', ')}`;
}

export function launch(): Promise<Browser> {
  const executablePath = CHROMIUM.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error('there is no browser');
  return chromium.launch({ executablePath, args: FLAGS });
}

export interface Watched {
  readonly page: Page;
  /** What the page said on its console that it should not say, and what it threw. */
  readonly complaints: readonly string[];
  /** Answers of 500 and above, as `status url`: the console of the browser shows them. */
  readonly failures: readonly string[];
}

/** A page in a fresh context; what the policy forbids shows up among its complaints. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions,
  url: string,
): Promise<Watched> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  const failures: string[] = [];
  const { origin } = new URL(url);
  page.on('pageerror', (error) => complaints.push(`threw ${error.message}`));
  page.on('console', (message) => {
    // A status of an answer is no mistake of the page: it shows it.
    const isAnswer = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isAnswer) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) complaints.push(`asked ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 500) failures.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(url);
  return { page, complaints, failures };
}

export async function go(page: Page, screen: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(`#/${screen}`)}`);
}

export const shows = (page: Page, text: string | RegExp): Promise<void> =>
  page.getByText(text).first().waitFor(PATIENCE);

/** The panel that holds it. */
export const panelOf = (page: Page, has: Locator): Locator =>
  page.locator('section.panel').filter({ has });

/** Findings of axe, but for minor ones, as `rule: targets`. */
export async function axeFindings(page: Page): Promise<string[]> {
  // Scripts of a test are no scripts of the page: its policy does not hold for them.
  const loaded = await page.evaluate('typeof axe');
  if (loaded === 'undefined') await page.evaluate(axe.source);
  const found = (await page.evaluate('axe.run(document)')) as {
    readonly violations: readonly {
      readonly id: string;
      readonly impact: string | null;
      readonly nodes: readonly { readonly target: readonly string[] }[];
    }[];
  };
  return found.violations
    .filter(({ impact }) => impact !== 'minor')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}
