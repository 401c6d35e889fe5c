/**
 * `npm run build`: after the compiler, removes from `dist/` what a build into an empty folder would
 * not hold, and makes the command one that can be run: npx does so only where it has not met the
 * folder before. `dist/` is never emptied: a cluster that runs starts its nodes from there.
 */
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { staleOutputs } from './stale-outputs.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const DIST = join(ROOT, 'dist');
const FOLDERS = ['lib', 'bin', 'config', 'tests'];

function filesBelow(root: string): string[] {
  return FOLDERS.filter((folder) => existsSync(join(root, folder))).flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, '/')),
  );
}

for (const path of staleOutputs(filesBelow(ROOT), filesBelow(DIST))) rmSync(join(DIST, path));
chmodSync(join(DIST, 'bin/quorate.js'), 0o755);
