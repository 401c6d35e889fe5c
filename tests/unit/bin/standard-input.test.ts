/** What is no input that can be read is refused, before anything is asked of a node. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const PROGRAM = fileURLToPath(new URL('../../../bin/quorate.js', import.meta.url));
const ENDPOINT = ['--endpoint', 'http://127.0.0.1:1'];

for (const words of [
  ['put', 'k', '-'],
  ['put', 'k', '--file', '-'],
  ['batch', '-'],
]) {
  t.test(`${words.join(' ')} of a folder`, async (t) => {
    const folder = openSync(t.testdir(), 'r');
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...words, ...ENDPOINT], {
      stdio: [folder, 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    closeSync(folder);
    t.equal(status, 2);
    t.match(stderr, 'standard input is a folder');
  });
}
