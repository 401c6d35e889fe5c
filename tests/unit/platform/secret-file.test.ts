/** Which files are fit to hold a secret. */
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { createSecret, readSecret } from '../../../lib/platform/secret-file.js';

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
  await t.rejects(createSecret(path), refused(/cannot be used: EEXIST/));
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
  for (const mode of [0o640, 0o604, 0o620, 0o666]) {
    await t.rejects(readSecret(await fileOf(directory, good, mode)), refused(/chmod 600/));
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
});
