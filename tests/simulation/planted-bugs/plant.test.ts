/** Every planted bug finds its place, and is a bug: not code that fails for lack of a name. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import ts from 'typescript';
import { BUGS } from './bugs.js';
import { plantedText } from './plant.js';

const BUILT = fileURLToPath(new URL('../../..', import.meta.url));
/** "Cannot find name", with and without a guess. */
const UNKNOWN_NAME = [2304, 2552];

/** The names in a text that nothing declares, in it or everywhere. */
function unknownNames(text: string): string[] {
  const file = ts.createSourceFile('planted.js', text, ts.ScriptTarget.ESNext, true);
  const options = { allowJs: true, checkJs: true, noLib: true, noResolve: true, types: [] };
  const program = ts.createProgram(['planted.js'], options, {
    ...ts.createCompilerHost(options),
    getSourceFile: (name) => (name === 'planted.js' ? file : undefined),
    fileExists: (name) => name === 'planted.js',
  });
  return program
    .getSemanticDiagnostics(file)
    .filter(({ code }) => UNKNOWN_NAME.includes(code))
    .map(({ start = 0, length = 0 }) => text.slice(start, start + length))
    .filter((name) => !(name in globalThis));
}

t.test('each planted bug has its place in the built code, and knows its names', async (t) => {
  for (const bug of BUGS) {
    const planted = await plantedText(BUILT, bug);
    t.strictSame(unknownNames(planted), [], bug.name);
  }
});

t.test('a name that is gone is noticed', async (t) => {
  const text = await readFile(join(BUILT, 'lib/replica/replica.js'), 'utf8');
  const stale = text.replace('return minted;', 'return { ...nobody };');
  t.strictSame(unknownNames(stale), ['nobody']);
});
