/**
 * `npm run build`: the admin page, from `lib/admin-page/` into `dist/`. Nothing is done where
 * neither its sources nor the packages that it is made of have changed. A cluster that starts
 * meanwhile finds a whole page, the old or the new one.
 */
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { listFiles } from './source.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SOURCES = join(ROOT, 'lib/admin-page');
const BUILT = join(ROOT, 'dist/lib/admin-page/public');
const NEXT = join(ROOT, 'dist/.page-next');
/** What the page was built from, last time. */
const MARK = join(ROOT, 'dist/.page-built-from');

function hashOfSources(): string {
  const hash = createHash('sha256');
  const versions = ['vite', 'preact', 'uplot'].map((name) =>
    readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'),
  );
  const builder = readFileSync(fileURLToPath(import.meta.url), 'utf8');
  for (const text of [builder, ...versions]) hash.update(text);
  for (const path of listFiles(SOURCES)) {
    hash.update(`\0${path}\0`).update(readFileSync(join(SOURCES, path)));
  }
  return hash.digest('hex');
}

/** The parts have names of their content: they are there before the page that names them. */
function replacePage(): void {
  const assets = join(NEXT, 'assets');
  cpSync(assets, join(BUILT, 'assets'), { recursive: true });
  renameSync(join(NEXT, 'index.html'), join(BUILT, 'index.html'));
  const isWanted = new Set(readdirSync(assets));
  for (const name of readdirSync(join(BUILT, 'assets'))) {
    if (!isWanted.has(name)) rmSync(join(BUILT, 'assets', name));
  }
  rmSync(NEXT, { recursive: true });
}

const now = hashOfSources();
const before = existsSync(MARK) ? readFileSync(MARK, 'utf8') : '';
if (now !== before || !existsSync(join(BUILT, 'index.html'))) {
  rmSync(MARK, { force: true });
  await build({
    root: SOURCES,
    configFile: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: NEXT,
      emptyOutDir: true,
      target: 'es2022',
      // Each file has a name of its content, and none is put into the page: the policy forbids it.
      assetsInlineLimit: 0,
      modulePreload: false,
    },
  });
  replacePage();
  writeFileSync(MARK, now);
}
