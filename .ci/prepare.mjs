// Before a build in a clone: says what is missing, where the packages for development are.
import { existsSync } from 'node:fs';

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
