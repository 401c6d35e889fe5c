/** Prints why the ways to run a node cannot be tried here, and nothing where they can. */
import { spawnSync } from 'node:child_process';

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may run a node as the user of the image';
  const { status } = spawnSync('systemd-analyze', ['--version']);
  return status === 0 ? undefined : 'there is no systemd-analyze';
}

process.stdout.write(whyNot() ?? '');
