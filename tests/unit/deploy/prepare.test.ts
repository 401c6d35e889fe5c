/** A clone without the packages of development says what to do, and not `tsc: not found`. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

t.test('what npm runs first in a clone', async (t) => {
  const clone = t.testdir();
  mkdirSync(join(clone, '.ci'));
  cpSync(join(ROOT, '.ci/prepare.mjs'), join(clone, '.ci/prepare.mjs'));
  const prepare = () => spawnSync(process.execPath, ['.ci/prepare.mjs'], { cwd: clone });
  const without = prepare();
  t.equal(without.status, 1);
  t.match(without.stderr.toString(), /npm ci without --omit=dev.*npm pack\n.*quorate-\*\.tgz/s);
  for (const name of ['typescript', 'vite', 'preact']) {
    mkdirSync(join(clone, 'node_modules', name), { recursive: true });
  }
  t.match(prepare(), { status: 0 }, 'with them it says nothing');

  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  t.match(scripts['prepare'], /^node \.ci\/prepare\.mjs && /, 'before anything else');
});
