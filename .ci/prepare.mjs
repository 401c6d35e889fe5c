// Before a build in a clone: says what is missing where the packages for development are not there.
// And builds only where there is something to do: npx, npm install and npm start run this in a
// clone, a cluster may run from its dist/, and those who ask it something wait for no compiler.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isBuilt } from './built.mjs';

if (isBuilt()) process.exit(0);
const needed = ['typescript', 'vite', 'preact'];
const missing = needed.filter(
  (name) => !existsSync(new URL(`../node_modules/${name}`, import.meta.url)),
);
if (missing.length > 0) {
  console.error(
    `quorate: a clone builds itself, and that needs the packages for development (${missing.join(', ')}).\n` +
      'Run npm ci without --omit=dev here. To install without them, make the package where they are:\n' +
      '  npm pack\n' +
      'and install what that makes where it is to run:\n' +
      '  npm install --omit=dev ./quorate-*.tgz',
  );
  process.exit(1);
}
const { status } = spawnSync('npm', ['run', 'build'], { stdio: 'inherit', shell: true });
process.exit(status ?? 1);
