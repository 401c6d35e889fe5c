// Is dist/ what a build of these sources makes? As a command: notes that it is, after a build.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['lib', 'bin', 'config', 'tests'];
const FILES = ['package.json', 'package-lock.json', 'tsconfig.json'];
const PAGE = 'dist/lib/admin-page/public/index.html';
const MARK = join(ROOT, 'dist/.built-from');

function sources() {
  const below = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return [...below, ...FILES.map((file) => join(ROOT, file))].sort();
}

function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    hash.update(`\0${path.slice(ROOT.length)}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

/** Of the compiler; what vite makes of the page has names of its content. */
function outputsOf(paths) {
  return paths
    .map((path) => path.slice(ROOT.length))
    .filter((path) => path.endsWith('.ts') && !path.startsWith('lib/admin-page/'))
    .map((path) => join(ROOT, 'dist', path.replace(/\.ts$/, '.js')));
}

export function isBuilt() {
  if (!existsSync(MARK) || !existsSync(join(ROOT, PAGE))) return false;
  const paths = sources();
  if (!outputsOf(paths).every((path) => existsSync(path))) return false;
  return readFileSync(MARK, 'utf8') === hashOf(paths);
}

if (argv[1] === fileURLToPath(import.meta.url)) writeFileSync(MARK, hashOf(sources()));
