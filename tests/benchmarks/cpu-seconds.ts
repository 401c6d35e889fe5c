/** CPU seconds of processes, user and system, all threads, as Linux counts them. */
import { readFileSync } from 'node:fs';

/** Of /proc/PID/stat; 100 on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;
/** Fields 14 and 15, counted from the third: the second is a name in brackets, with blanks. */
const USER = 11;
const SYSTEM = 12;

/** All of them together, since each began. Throws where one has ended. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[USER]) + Number(fields[SYSTEM]);
  }
  return ticks / TICKS_PER_SECOND;
}
