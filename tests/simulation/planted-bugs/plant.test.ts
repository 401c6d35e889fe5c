/** Code that changes must not leave a bug behind that cannot be planted any more. */
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { BUGS } from './bugs.js';
import { plantedText } from './plant.js';

const LIB = fileURLToPath(new URL('../../../lib', import.meta.url));

t.test('each planted bug has its place in the built code', async (t) => {
  for (const bug of BUGS) await t.resolves(plantedText(LIB, bug), bug.name);
});
