/** Every file that a command takes may be a device without an end: it is refused, soon. */
import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { longFlag } from '../../../bin/command-options.js';
import { COMMANDS } from '../../../bin/commands.js';

const PROGRAM = fileURLToPath(new URL('../../../bin/quorate.js', import.meta.url));
const ENDLESS = '/dev/zero';
const NOBODY = 'http://127.0.0.1:1';
const FILE_OPTIONS = 9;
const PATIENCE_MILLISECONDS = 20_000;

/**
 * What each needs besides, to come as far as to its file. The options of `delete` are those of all
 * commands that ask a node.
 */
const COMMANDS_OF_FILES: Readonly<Record<string, readonly string[]>> = {
  ...{ put: ['k', '--endpoint', NOBODY], delete: ['k', '--endpoint', NOBODY] },
  ...{ node: [], assess: [] },
};

function refused(t: Test, words: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...words], {
    encoding: 'utf8',
    timeout: PATIENCE_MILLISECONDS,
  });
  const shown = words.join(' ');
  t.equal(status, 2, shown);
  t.match(stderr, /longer than \d+ bytes/, shown);
}

t.test('files of options', async (t) => {
  let found = 0;
  for (const { name, options } of COMMANDS) {
    const others = COMMANDS_OF_FILES[name];
    if (others === undefined) continue;
    for (const option of options.filter(({ completes }) => completes === 'files')) {
      const flag = longFlag(option);
      const value = name === 'put' && flag !== '--file' ? ['a value'] : [];
      refused(t, [name, ...others, ...value, flag, ENDLESS]);
      found += 1;
    }
  }
  t.equal(found, FILE_OPTIONS);
});

t.test('a batch, and the plan of a cluster', async (t) => {
  refused(t, ['batch', ENDLESS, '--endpoint', NOBODY]);
  const dataDir = t.testdir();
  symlinkSync(ENDLESS, join(dataDir, 'cluster.json'));
  refused(t, ['cluster', '--data-dir', dataDir]);
});
