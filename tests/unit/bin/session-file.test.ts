/** The file of a session: written whole or not at all, and what is no token is refused. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { readSession, writeSession } from '../../../bin/session-file.js';

t.test('what was kept is there again, for its owner alone', async (t) => {
  const folder = t.testdir({});
  const file = join(folder, 'session');
  t.strictSame(readSession(file), [], 'no file is a new session');
  await writeSession(file, ['abc-_1', 'def']);
  t.strictSame(readSession(file), ['abc-_1', 'def']);
  t.equal((await stat(file)).mode & 0o777, 0o600);
  await writeSession(file, ['ghi']);
  t.equal(await readFile(file, 'utf8'), 'ghi\n');
  t.strictSame(await readdir(folder), ['session'], 'nothing else is left');
});

t.test('what is no session is refused, and stays as it is', async (t) => {
  const file = join(t.testdir({ other: 'a line of text\n' }), 'other');
  t.throws(() => readSession(file), { code: 'invalid_request', message: /no session tokens/ });
  t.equal(await readFile(file, 'utf8'), 'a line of text\n');
  const folder = t.testdir({ folder: {} });
  t.throws(() => readSession(join(folder, 'folder')), { code: 'invalid_request' });
  await t.rejects(writeSession(join(folder, 'absent', 'file'), ['a']), { code: 'invalid_request' });
  await writeFile(join(folder, 'empty'), '');
  t.strictSame(readSession(join(folder, 'empty')), []);
});
