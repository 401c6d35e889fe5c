/** What processes use, as Linux counts it: CPU seconds of all threads, and resident memory. */
import { readFileSync } from 'node:fs';

/** Of /proc/PID/stat; 100 on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;
/** Fields 14 and 15, counted from the third: the second is a name in brackets, with blanks. */
const USER = 11;
const SYSTEM = 12;
const KIBIBYTE = 1024;

/** All of them together, user and system, since each began. Throws where one has ended. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[USER]) + Number(fields[SYSTEM]);
  }
  return ticks / TICKS_PER_SECOND;
}

/** Of one process. Throws where it has ended. */
export function residentBytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1];
  if (kibibytes === undefined) throw new Error(`process ${pid} has ended`);
  return Number(kibibytes) * KIBIBYTE;
}
