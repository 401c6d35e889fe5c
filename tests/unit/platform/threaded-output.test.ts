/** Lines of the log for a file: its disk may be full, or not answer; the node does not wait. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ThreadedOutput } from '../../../lib/platform/threaded-output.js';
import { turn } from '../fakes.js';

class Disk {
  text = '';
  lost = 0;
  /** So many bytes are taken; then there is no room. */
  room = Number.POSITIVE_INFINITY;
  /** Writes under way: each ends when it is called. */
  readonly waiting: (() => void)[] = [];
  held = false;
  readonly output = new ThreadedOutput(
    (bytes) =>
      new Promise((resolve, reject) => {
        const end = (): void => {
          const taken = bytes.subarray(0, this.room);
          this.room -= taken.length;
          this.text += taken.toString();
          if (taken.length === 0) reject(new Error('no space left'));
          else resolve(taken.length);
        };
        if (this.held) this.waiting.push(end);
        else end();
      }),
    () => (this.lost += 1),
  );
}

t.test('lines are written in order, and lost where there is no room', async (t) => {
  const disk = new Disk();
  for (const line of ['one\n', 'two\n']) disk.output.write(line);
  await turn();
  disk.room = 0;
  for (const line of ['three\n', 'four\n']) disk.output.write(line);
  await turn();
  t.same([disk.text, disk.lost], ['one\ntwo\n', 2]);
  disk.room = 3;
  disk.output.write('five\n');
  await turn();
  disk.room = Number.POSITIVE_INFINITY;
  disk.output.write('six\n');
  await turn();
  t.same([disk.text, disk.lost], ['one\ntwo\nfiv\nsix\n', 3], 'a torn line is one');
});

t.test('a disk that does not answer holds up nobody, and lines wait not without end', async (t) => {
  const disk = new Disk();
  disk.held = true;
  const long = `${'x'.repeat(99_999)}\n`;
  for (let n = 0; n < 12; n += 1) disk.output.write(long);
  await turn();
  t.equal(disk.waiting.length, 1, 'one write is under way');
  t.equal(disk.lost, 2);
  disk.held = false;
  for (const end of disk.waiting.splice(0)) end();
  await turn();
  t.equal(disk.text.length, 10 * long.length);
  disk.output.write('after\n');
  await turn();
  t.match(disk.text, /x\nafter\n$/);
  t.equal(disk.lost, 2);
});

t.test('at the end of a process what waits is given to a thread, too', async (t) => {
  const disk = new Disk();
  disk.held = true;
  for (const line of ['one\n', 'two\n', 'three\n']) disk.output.write(line);
  disk.output.flush();
  t.equal(disk.waiting.length, 2);
  for (const end of disk.waiting) end();
  await turn();
  t.same([disk.text, disk.lost], ['one\ntwo\nthree\n', 0]);
});

/** As the log of a node that ends with an error: its last line counts most. */
const OUTPUT = new URL('../../../lib/platform/threaded-output.js', import.meta.url).href;
const ENDING = `
  import { pbkdf2 } from 'node:crypto';
  import { outputTo } from '${OUTPUT}';
  const output = outputTo(2, () => undefined);
  for (let n = 0; n < 4; n += 1) pbkdf2('a', 'b', 200_000, 32, 'sha256', () => undefined);
  for (let n = 0; n < 100; n += 1) output.write('line ' + n + '\\n');
  output.flush();
  process.exit(5);
`;

t.test('a process that ends at once has written its lines to the file', async (t) => {
  const file = join(t.testdir(), 'log');
  const log = openSync(file, 'a');
  const words = ['--input-type=module', '--eval', ENDING];
  const { status } = spawnSync(process.execPath, words, { stdio: ['ignore', 'ignore', log] });
  closeSync(log);
  t.equal(status, 5);
  const lines = Array.from({ length: 100 }, (_, n) => `line ${n}\n`);
  t.same(new Set(readFileSync(file, 'utf8').split(/(?<=\n)/)), new Set(lines));
});
