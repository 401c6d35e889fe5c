/** The unit of systemd: understood without a word, and its files where the manual puts them. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const UNIT = fileURLToPath(new URL('../../../config/deploy/quorate.service', import.meta.url));

/** What systemd says of a unit; it exits with 0 where it only ignores a line. */
function verify(path: string): string {
  const { stderr, stdout } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
  return `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line.includes('quorate.service'))
    .join('\n');
}

t.test('systemd has nothing to say about the unit', async (t) => {
  const text = readFileSync(UNIT, 'utf8');
  // The node of this machine may be elsewhere; systemd looks whether the program is there.
  const here = join(t.testdir(), 'quorate.service');
  writeFileSync(here, text.replace('/usr/bin/node', process.execPath));
  t.equal(verify(here), '');
  writeFileSync(here, text.replace('Restart=on-failure', 'Restart=sometimes'));
  t.match(verify(here), /restart specifier/, 'it looks');
});
