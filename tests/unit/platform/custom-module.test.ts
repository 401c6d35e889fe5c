/** The module of a custom strategy: loaded, refused, and cut off. */
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadCustomResolver } from '../../../lib/platform/custom-module.js';
import { resolveChecked } from '../../../lib/resolution/checked.js';
import { customStrategy } from '../../../lib/resolution/custom.js';
import { Resolver } from '../../../lib/resolution/resolver.js';
import { SystemClock } from '../../../lib/platform/system-clock.js';
import type { Version } from '../../../lib/versioning/siblings.js';
import { CountingObserver } from '../fakes.js';

const directory = t.testdir();

function moduleOf(name: string, text: string): string {
  const path = join(directory, `${name}.mjs`);
  writeFileSync(path, text);
  return path;
}

const siblings = ['"a"', '"bb"'].map(
  (text, i): Version => ({
    ...{ dot: { writer: 'a.1.0123456789ab', n: i + 1 }, state: 'value', writtenAt: i },
    ...{ contentType: 'application/json', value: Buffer.from(text), expiresAt: undefined },
  }),
);

const LONGEST = `export function resolve(siblings) {
  const texts = siblings.map(({ text }) => text);
  const value = texts.sort((a, b) => b.length - a.length || (a < b ? -1 : 1))[0];
  return { contentType: 'application/json', value };
}`;

t.test('a function is found and called', async (t) => {
  const resolver = await loadCustomResolver(moduleOf('longest', LONGEST), 1_000);
  const verdict = resolveChecked(customStrategy(resolver), siblings, Number.POSITIVE_INFINITY);
  t.match(verdict, { kind: 'resolved', resolved: { value: Buffer.from('"bb"') } });
});

t.test('a module that is none, or has no function, is refused with its path', async (t) => {
  const zeroes = join(directory, 'zeroes.mjs');
  symlinkSync('/dev/zero', zeroes);
  const rows = [
    ['nowhere', join(directory, 'nowhere.mjs')],
    ['zeroes', zeroes],
    ['broken', moduleOf('broken', 'export {')],
    ['throws', moduleOf('throws', 'throw new Error("no")')],
    ['other', moduleOf('other', 'export const resolve = 7;')],
  ] as const;
  for (const [name, path] of rows) {
    const refusal = { code: 'invalid_request', message: new RegExp(`${name}.mjs: `) };
    await t.rejects(loadCustomResolver(path, 1_000), refusal, name);
  }
});

t.test('an endless loop is cut off, and the function rests for a while', async (t) => {
  const path = moduleOf('endless', 'export function resolve() { for (;;); }');
  const custom = await loadCustomResolver(path, 20);
  const verdict = resolveChecked(customStrategy(custom), siblings, Number.POSITIVE_INFINITY);
  t.match(verdict, { kind: 'refused', reason: /timed out/ });
  const observer = new CountingObserver();
  const reasons: unknown[] = [];
  observer.log = (_severity, _event, fields) => reasons.push(fields?.['reason']);
  const limits = { valueBytesMax: 1_000, customTimeMaxMilliseconds: 10 };
  const resolver = new Resolver({ clock: new SystemClock(), observer, custom, ...limits });
  t.equal(resolver.resolve('custom', siblings), undefined);
  t.equal(resolver.resolve('custom', siblings), undefined);
  t.match(reasons.at(-1), /took too long/);
  t.equal(observer.counts.get('quorate_resolutions_total custom refused'), 2);
  t.ok(resolver.resolve('last-writer', siblings), 'the others go on');
});
