/**
 * `npm run build`: the package `quorate-client`, in `dist/client-package/`: what `lib/client` is,
 * and the few files that it imports, without the server and its packages. `npm pack` packs both.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BUILT = join(ROOT, 'dist');
const PACKAGE = join(BUILT, 'client-package');
const NEXT = join(BUILT, '.client-package-next');
const ENTRY = 'lib/client/client';
/** Of `import`, `export ... from` and `import(...)` in what the compiler has written. */
const SPECIFIER = /(?:from |import\(|import )'([^']+)'/g;
/** Found where the application has it, and never required. */
const OPTIONAL = '@opentelemetry/api';

interface Manifest {
  readonly [member: string]: unknown;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** All files that an entry needs, as they are named below `dist/`. */
function filesFrom(entry: string): string[] {
  const found = new Set<string>();
  const open = [entry];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const text = readFileSync(join(BUILT, path), 'utf8');
    for (const [, specifier = ''] of text.matchAll(SPECIFIER)) {
      if (specifier === OPTIONAL) continue;
      if (!specifier.startsWith('.')) throw new Error(`${path} imports the package ${specifier}`);
      const target = posix.join(posix.dirname(path), specifier);
      open.push(path.endsWith('.d.ts') ? target.replace(/\.js$/, '.d.ts') : target);
    }
  }
  return [...found].sort();
}

function manifest(): string {
  const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
  const { version, license, type, engines, peerDependencies, peerDependenciesMeta } = JSON.parse(
    text,
  ) as Manifest;
  const all = {
    name: 'quorate-client',
    version,
    description: 'The client of Quorate, a leaderless, tunable-consistency key-value store',
    ...{ license, type, engines, sideEffects: false },
    exports: {
      '.': { types: `./${ENTRY}.d.ts`, default: `./${ENTRY}.js` },
      './package.json': './package.json',
    },
    files: ['lib'],
    ...{ peerDependencies, peerDependenciesMeta },
  };
  return `${JSON.stringify(all, null, 2)}\n`;
}

/** Links lead to documents that are not in this package. */
function readme(): string {
  const text = readFileSync(join(ROOT, 'docs/client.md'), 'utf8');
  return text
    .replace(/\[([^\]]+)\]\((?!https?:)[^)]+\)/g, '$1')
    .replace(/^```(\w+) .*$/gm, '```$1')
    .replace('# The client', '# quorate-client');
}

rmSync(NEXT, { recursive: true, force: true });
const texts = new Map<string, string>([
  ['package.json', manifest()],
  ['README.md', readme()],
  ['LICENSE', readFileSync(join(ROOT, 'LICENSE'), 'utf8')],
]);
for (const path of [...filesFrom(`${ENTRY}.js`), ...filesFrom(`${ENTRY}.d.ts`)]) {
  const text = readFileSync(join(BUILT, path), 'utf8');
  texts.set(path, text.replace(/\n?\/\/# sourceMappingURL=.*\n?$/, '\n'));
}
for (const [path, text] of texts) {
  mkdirSync(dirname(join(NEXT, path)), { recursive: true });
  writeFileSync(join(NEXT, path), text);
}
if (existsSync(PACKAGE)) rmSync(PACKAGE, { recursive: true });
renameSync(NEXT, PACKAGE);
