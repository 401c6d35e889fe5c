/** The levels that a program can name are those that there are. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { LEVEL_NAMES } from '../../../lib/coordination/request/level.js';

t.test('the union of levels has all of them, and no others', async (t) => {
  const text = readFileSync('lib/client/levels.ts', 'utf8');
  const named = [...text.matchAll(/^ {2}\| '([a-z-]+)'$/gm)].map(([, name]) => name);
  t.strictSame(named.sort(), [...LEVEL_NAMES].sort());
});
