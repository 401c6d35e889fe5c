/** Which process a number stands for: numbers of processes that ended are given out again. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** A process that has ended, and whose parent has not asked how. */
const ENDED = /^[ZX]/;
/** In `/proc/PID/stat`, counted from the state, which follows the name in brackets. */
const START_FIELD = 19;

/**
 * When the process began, in a form that only equals itself; undefined where there is no such
 * process, or the system does not say. Linux: ticks since this start of the machine, named by its
 * boot id. Elsewhere: what `ps` says, in seconds.
 */
export function processStamp(pid: number): string | undefined {
  return existsSync('/proc/self/stat') ? stampOfProc(pid) : stampOfPs(pid);
}

function stampOfProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name may hold anything, brackets and blanks too.
    const [state = '', ...others] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const began = others[START_FIELD - 1];
    if (ENDED.test(state) || began === undefined) return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}.${began}`;
  } catch {
    return undefined;
  }
}

/** @internal Exported for a test on systems that have both. */
export function stampOfPs(pid: number): string | undefined {
  const { status, stdout } = spawnSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
  });
  const [state = '', ...began] = (stdout ?? '').trim().split(/\s+/);
  return status === 0 && began.length > 0 && !ENDED.test(state) ? began.join(' ') : undefined;
}
