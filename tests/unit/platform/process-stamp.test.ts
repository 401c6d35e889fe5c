/** A process is known again by its number and its start. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import t from 'tap';
import { processStamp, stampOfPs } from '../../../lib/platform/process-stamp.js';

t.test('a stamp stays while the process runs, and differs between processes', async (t) => {
  const own = processStamp(process.pid);
  t.type(own, 'string');
  t.equal(processStamp(process.pid), own);
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
  t.teardown(() => child.kill('SIGKILL'));
  const { pid = 0 } = child;
  const stamp = processStamp(pid);
  t.type(stamp, 'string');
  t.not(stamp, own);
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.equal(processStamp(pid), undefined, 'it has ended');
});

t.test('the other way, of systems without /proc, says the same of who lives', async (t) => {
  t.equal(stampOfPs(process.pid), stampOfPs(process.pid));
  t.type(stampOfPs(process.pid), 'string');
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  t.equal(stampOfPs(child.pid ?? 0), undefined);
});

t.test('a process that ended and was not asked how is gone', async (t) => {
  if (!existsSync('/proc/self/stat')) return;
  // The shell becomes a program that never asks for the end of its child.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60']);
  t.teardown(() => parent.kill('SIGKILL'));
  const [said] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(String(said));
  for (let i = 0; i < 500 && processStamp(pid) !== undefined; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  t.equal(processStamp(pid), undefined);
});
