/** The log of a node process: its end is shown, however large the rest is. */
import { ftruncateSync, openSync, closeSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { lastLines, openLog } from '../../../bin/cluster/node-log.js';

/** More than a string or a buffer of this process can hold; the file takes no room. */
const HUGE_BYTES = 6 * 1024 ** 3;

t.test('the last lines', async (t) => {
  const file = join(t.testdir(), 'log');
  t.match(lastLines(file), [/no such file/]);
  writeFileSync(file, '');
  t.same(lastLines(file), ['']);
  writeFileSync(file, 'one\n');
  t.same(lastLines(file), ['one']);
  writeFileSync(file, 'one\ntwo\nthree\nfour\n\n');
  t.same(lastLines(file), ['two', 'three', 'four']);
});

t.test('of a log that no process can hold, and of a line that has no end', async (t) => {
  const file = join(t.testdir(), 'log');
  const huge = openSync(file, 'w');
  ftruncateSync(huge, HUGE_BYTES);
  closeSync(huge);
  writeFileSync(file, '\none\ntwo\nthree\n', { flag: 'a' });
  t.same(lastLines(file), ['one', 'two', 'three']);
  writeFileSync(file, `${'é'.repeat(100_000)} the end\n`);
  const [line = '', ...more] = lastLines(file);
  t.same(more, []);
  t.ok(line.length < 10_000 && line.endsWith('é the end'));
});

t.test('one that is large is kept beside the new one, once', async (t) => {
  const file = join(t.testdir(), 'log');
  writeFileSync(file, 'first\n');
  closeSync(openLog(file));
  t.equal(readFileSync(file, 'utf8'), 'first\n', 'a small one is continued');
  const large = openSync(file, 'w');
  ftruncateSync(large, 20 * 1024 * 1024);
  closeSync(large);
  closeSync(openLog(file));
  t.equal(readFileSync(file, 'utf8'), '');
  t.throws(() => openLog(join(file, 'log')), { code: 'not_ready' });
});
