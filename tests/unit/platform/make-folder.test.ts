/** Folders are made, or it is said why not; nothing is tried for ever. */
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeFolder } from '../../../lib/platform/make-folder.js';
import { replaceFile } from '../../../lib/platform/replace-file.js';

const refused = (reason: RegExp) => ({ code: 'invalid_request', message: reason });

t.test('a folder and those above it are made, for their owner only', async (t) => {
  const folder = join(t.testdir(), 'a', 'b', 'c');
  makeFolder(folder, 'it');
  t.equal(statSync(folder).mode & 0o777, 0o700);
  makeFolder(folder, 'it');
  makeFolder(t.testdirName, 'it');
  symlinkSync(folder, join(t.testdirName, 'link'));
  makeFolder(join(t.testdirName, 'link', 'd'), 'it');
  t.ok(existsSync(join(folder, 'd')));
});

t.test('what cannot be one is refused with its name and the reason', async (t) => {
  const folder = t.testdir({ file: '' });
  symlinkSync('nowhere', join(folder, 'dangling'));
  const rows: readonly (readonly [path: string, reason: RegExp])[] = [
    [join(folder, 'file'), /^it cannot be used: EEXIST/],
    [join(folder, 'file', 'x', 'y'), /^it cannot be used: E(?:NOTDIR|EXIST)/],
    [join(folder, 'dangling'), /^it cannot be used: EEXIST/],
    [join(folder, 'x'.repeat(300)), /ENAMETOOLONG/],
    ...(existsSync('/proc/self') ? [['/proc/x/y', /ENOENT/] as const] : []),
  ];
  for (const [path, reason] of rows) t.throws(() => makeFolder(path, 'it'), refused(reason), path);
  const closed = join(folder, 'closed');
  makeFolder(closed, 'it');
  chmodSync(closed, 0o500);
  // Root may write there all the same.
  if (process.geteuid?.() !== 0) t.throws(() => makeFolder(closed, 'it'), refused(/EACCES/));
  t.match(readdirSync(folder), ['closed', 'dangling', 'file']);
});

t.test('a file is replaced as a whole, and stays where that fails', async (t) => {
  const path = join(t.testdir(), 'file');
  replaceFile(path, 'one');
  replaceFile(path, 'two');
  t.equal(readFileSync(path, 'utf8'), 'two');
  t.same(readdirSync(t.testdirName), ['file']);
  t.throws(() => replaceFile(join(path, 'x'), 'y'), { code: 'not_ready' });
});
