/** The tools that a benchmark needs and npm does not bring: wrk, and stores to compare with. */
import { spawnSync } from 'node:child_process';

interface Tool {
  readonly command: string;
  readonly debianPackage: string;
}

const TOOLS: readonly Tool[] = [
  { command: 'wrk', debianPackage: 'wrk' },
  { command: 'etcd', debianPackage: 'etcd-server' },
  { command: 'etcdctl', debianPackage: 'etcd-client' },
  { command: 'redis-server', debianPackage: 'redis-server' },
  { command: 'redis-benchmark', debianPackage: 'redis-tools' },
];

export function isInstalled(command: string): boolean {
  return spawnSync('which', [command], { stdio: 'ignore' }).status === 0;
}

/** Why a part cannot run, and what would help. */
export function missing(command: string): string {
  return `${command} is not installed; "npm run bench -- --install" does it as root on Debian`;
}

/** Only when asked to. True where all of them are there at the end. */
export function install(): boolean {
  const wanted = TOOLS.filter(({ command }) => !isInstalled(command));
  if (wanted.length === 0) return true;
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) return false;
  const packages = wanted.map(({ debianPackage }) => debianPackage);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const words of [['update'], ['install', '--yes', '--no-install-recommends', ...packages]]) {
    console.log(`apt-get ${words.join(' ')}`);
    const { status } = spawnSync('apt-get', words, { stdio: 'inherit', env: environment });
    if (status !== 0) return false;
  }
  return TOOLS.every(({ command }) => isInstalled(command));
}
