/** Which files are fit to hold a secret. */
import { spawnSync } from 'node:child_process';
import { chmod, chown, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { createSecret, readSecret, thisReader } from '../../../lib/platform/secret-file.js';

async function fileOf(directory: string, content: string | Uint8Array, mode = 0o600) {
  const path = join(directory, 'secret');
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

const refused = (message: RegExp) => ({ code: 'invalid_request', message });

t.test('a secret that was made can be read by its owner, and is made once', async (t) => {
  const path = join(t.testdir(), 'secret');
  await createSecret(path);
  t.equal((await stat(path)).mode & 0o777, 0o600);
  const secret = await readSecret(path);
  t.equal(secret.length, 32);
  t.equal(`${Buffer.from(secret).toString('hex')}\n`, await readFile(path, 'utf8'));
  await t.rejects(createSecret(path), refused(/cannot be made: EEXIST/));
  t.same(await readdir(t.testdirName), ['secret'], 'and nothing is left beside it');
  const other = join(t.testdir({}), 'other');
  await createSecret(other);
  t.notOk(Buffer.from(secret).equals(await readSecret(other)), 'never the same twice');
});

t.test('hexadecimal digits, or the bytes as they are', async (t) => {
  const directory = t.testdir();
  const hex = await readSecret(await fileOf(directory, `\n ${'0aF'.repeat(24)} \n`));
  t.strictSame([...hex], [...Buffer.from('0aF'.repeat(24), 'hex')]);
  const phrase = 'correct horse battery staple, and more';
  t.strictSame(
    [...(await readSecret(await fileOf(directory, `${phrase}\n`)))],
    [...Buffer.from(phrase)],
  );
  const raw = new Uint8Array(40).fill(0xfe);
  t.strictSame([...(await readSecret(await fileOf(directory, raw)))], [...raw]);
});

t.test('what is unfit is refused, without telling what is in it', async (t) => {
  const directory = t.testdir();
  const good = 'x'.repeat(32);
  const { uid, gid } = await stat(await fileOf(directory, good));
  const owner = { user: uid, groups: [gid] };
  const strangers = { user: uid, groups: [gid + 1, gid + 2] };
  const rows: readonly (readonly [mode: number, says: RegExp, reader?: typeof owner])[] = [
    [0o604, /can be read by everybody: chmod o-r/],
    [0o644, /can be read by everybody/],
    [0o620, /can be changed by others: chmod go-w/],
    [0o602, /can be changed by others/],
    [0o666, /can be changed by others/],
    [0o460, /can be changed by others/],
    [0o640, /can be read by group \d+, to which this process does not belong/, strangers],
    [0o440, /chmod g-r it, or run the process with that group/, strangers],
  ];
  for (const [mode, says, reader = owner] of rows) {
    await t.rejects(readSecret(await fileOf(directory, good, mode), reader), refused(says));
  }
  for (const short of ['', 'hunter2', 'ab'.repeat(31), ` ${'x'.repeat(31)}\n`]) {
    const path = await fileOf(directory, short);
    await t.rejects(readSecret(path), refused(/holds fewer than 32 bytes/));
  }
  const leaky = await readSecret(await fileOf(directory, 'hunter2')).catch(String);
  t.notMatch(leaky, /hunter2/);
  await t.rejects(readSecret(await fileOf(directory, 'x'.repeat(5_000))), refused(/longer than/));
  await t.rejects(readSecret(join(directory, 'absent')), refused(/ENOENT/));
  await t.rejects(readSecret(directory), refused(/is not a file/));
  await t.rejects(createSecret(join(directory, 'no', 'such', 'place')), refused(/ENOENT/));
  const pipe = join(directory, 'pipe');
  spawnSync('mkfifo', ['-m', '600', pipe]);
  await t.rejects(readSecret(pipe), refused(/is not a file/), 'nobody waits for a writer');
});

t.test(
  'a secret that an orchestrator mounts is accepted: links, and a group that reads',
  async (t) => {
    const folder = t.testdir();
    const data = join(folder, '..2026_11_29');
    await mkdir(data);
    const target = await fileOf(data, 'x'.repeat(32), 0o440);
    await symlink('..2026_11_29', join(folder, '..data'));
    const path = join(folder, 'secret');
    await symlink(join('..data', 'secret'), path);
    const { uid, gid } = await stat(target);
    t.equal((await readSecret(path, { user: uid, groups: [gid + 1, gid] })).length, 32);
    t.equal((await readSecret(path)).length, 32, 'this process is in its own group');
    // The target counts, whatever the link says.
    await chmod(target, 0o444);
    await t.rejects(readSecret(path), refused(/can be read by everybody/));
  },
);

t.test('its owner is root or the reader, and nobody else', async (t) => {
  const path = await fileOf(t.testdir(), 'x'.repeat(32), 0o440);
  const { uid, gid } = await stat(path);
  const reader = { user: uid + 1, groups: [gid] };
  if (uid === 0) t.equal((await readSecret(path, reader)).length, 32, 'root wrote it for others');
  // Only root can give a file away; for others it is the reader who differs.
  if (uid === 0) await chown(path, 4321, gid);
  await t.rejects(readSecret(path, reader), refused(/belongs to user \d+, who could change/));
  t.match(thisReader(), { user: process.geteuid?.(), groups: [process.getegid?.()] });
});
