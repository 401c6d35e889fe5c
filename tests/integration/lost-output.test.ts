/** Readers that go away are no failure; an answer that a full disk does not take is one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import t from 'tap';
import { childEnvironment, QUORATE } from './real-cluster.js';

/** @returns the status, and what it said on standard error */
async function run(words: readonly string[], out: 'pipe' | number) {
  const child = spawn(process.execPath, [QUORATE, ...words], {
    env: childEnvironment(),
    stdio: ['ignore', out, 'pipe'],
  });
  // Before a word is written.
  child.stdout?.destroy();
  let err = '';
  child.stderr?.on('data', (chunk) => {
    err += String(chunk);
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, err };
}

for (const words of [['version'], ['--help'], ['completion', 'bash'], ['put', '--help']]) {
  t.test(`quorate ${words.join(' ')}`, async (t) => {
    t.same(await run(words, 'pipe'), { status: 0, err: '' }, 'nobody reads');
    if (!existsSync('/dev/full')) return;
    const full = await run(words, openSync('/dev/full', 'w'));
    t.match(full, { status: 74, err: /the answer could not be written: ENOSPC/ });
  });
}
