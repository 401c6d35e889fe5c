/** A clone without the packages of development says what to do, and not `tsc: not found`. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

t.test('what npm runs first in a clone', async (t) => {
  const build = 'node --version';
  const scripts = { prepare: scriptOf('prepare'), prestart: scriptOf('prestart'), build };
  const folders = { bin: {}, lib: {}, config: {}, tests: {}, '.ci': {} };
  const files = { 'package.json': JSON.stringify({ scripts }), 'package-lock.json': '{}' };
  const clone = t.testdir({ ...folders, ...files, 'tsconfig.json': '{}' });
  for (const name of ['prepare.mjs', 'built.mjs']) {
    cpSync(join(ROOT, '.ci', name), join(clone, '.ci', name));
  }
  const prepare = () => spawnSync('npm', ['run', 'prepare'], { cwd: clone, encoding: 'utf8' });
  const start = spawnSync('npm', ['run', 'prestart'], { cwd: clone, encoding: 'utf8' });
  t.match(start, { status: 1, stderr: /npm ci without --omit=dev/ }, 'npm start says it too');
  const without = prepare();
  t.equal(without.status, 1);
  t.match(without.stderr, /npm ci without --omit=dev.*npm pack\n.*quorate-\*\.tgz/s);
  t.notMatch(without.stdout, /node --version/, 'nothing is built');
  for (const name of ['typescript', 'vite', 'preact']) {
    mkdirSync(join(clone, 'node_modules', name), { recursive: true });
  }
  t.match(prepare(), { status: 0, stdout: /node --version/ }, 'with them it is built');
});

function scriptOf(name: string): string {
  const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
  const { scripts } = JSON.parse(text) as { readonly scripts: Readonly<Record<string, string>> };
  return scripts[name] ?? '';
}
