/** The file that says the format of a data folder: whatever lies in its place says nothing. */
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readFormat, writeFormat } from '../../../lib/platform/format-file.js';

const root = t.testdir();
/** The same in every build: each must be able to read that of another. */
const SEVEN = 'quorate data, format 7, checksum 82a465040e2674e2\n';
const OTHERS: Readonly<Record<string, (path: string) => void>> = {
  nothing: () => undefined,
  'an empty file': (path) => writeFileSync(path, ''),
  'another text': (path) => writeFileSync(path, 'format 7'),
  'a text without a checksum': (path) => writeFileSync(path, 'quorate data, format 7\n'),
  'a directory': (path) => mkdirSync(join(path, 'full'), { recursive: true }),
  'a pipe': (path) => execFileSync('mkfifo', [path]),
  'a link to nothing': (path) => symlinkSync('/nowhere/at/all', path),
  'a link in a circle': (path) => symlinkSync(path, path),
  'a file far too long': (path) => {
    writeFileSync(path, SEVEN);
    truncateSync(path, 3 * 1024 ** 3);
  },
};

for (const [title, make] of Object.entries(OTHERS)) {
  for (const name of ['format', 'format.new']) {
    t.test(`${title} as ${name}`, async (t) => {
      const folder = mkdtempSync(join(root, 'data-'));
      make(join(folder, name));
      t.equal(await readFormat(folder), undefined);
      await writeFormat(folder, 7);
      t.equal(await readFormat(folder), 7);
      t.equal(readFileSync(join(folder, 'format'), 'utf8'), SEVEN);
    });
  }
}

t.test('another format is reported, and replaced only when asked for', async (t) => {
  const folder = mkdtempSync(join(root, 'data-'));
  await writeFormat(folder, 7);
  t.equal(await readFormat(folder), 7);
  await writeFormat(folder, 8);
  t.equal(await readFormat(folder), 8);
});

t.test('a flipped bit, whichever it is, makes no other format of it', async (t) => {
  const folder = mkdtempSync(join(root, 'data-'));
  const path = join(folder, 'format');
  await writeFormat(folder, 11);
  const whole = readFileSync(path);
  for (let bit = 0; bit < 8 * whole.length; bit += 1) {
    const at = bit >> 3;
    writeFileSync(path, whole.with(at, (whole[at] ?? 0) ^ (1 << (bit & 7))));
    t.equal(await readFormat(folder), undefined, `bit ${bit & 7} of byte ${at}`);
  }
  await writeFormat(folder, 11);
  t.same(readFileSync(path), whole, 'it is written anew');
});
