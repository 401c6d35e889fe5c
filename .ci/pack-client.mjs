// After `npm pack`: the client as a package of its own, beside the archive of the whole.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { env, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const destination = resolve(env.INIT_CWD ?? root, env.npm_config_pack_destination ?? '.');
// Standard output is for the name of the other archive.
const { status } = spawnSync(
  'npm',
  ['pack', './dist/client-package', '--ignore-scripts', '--pack-destination', destination],
  { cwd: root, stdio: ['ignore', 2, 2], shell: false },
);
exit(status ?? 1);
