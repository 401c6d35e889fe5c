/** Every block of a document says what it is; one that is not run says why. */
import t from 'tap';
import { blocksOf, isRun, readBlocks } from '../docs/blocks.js';
import { shownOf, unlike } from '../docs/console.js';

const FENCE = '```';
const read = (info: string) => blocksOf('x.md', `a\n${FENCE}${info}\ncode\n${FENCE}\n`);

t.test('of all documents', async (t) => {
  const blocks = readBlocks(process.cwd());
  const run = blocks.filter(isRun);
  t.ok(run.length > 30, `${run.length} of ${blocks.length} are run`);
  for (const { path, line, notRun } of blocks) {
    if (notRun !== undefined) t.ok(notRun.split(' ').length >= 3, `${path}:${line}: ${notRun}`);
  }
});

t.test('a block without a language, or with words that mean nothing, is refused', async (t) => {
  t.throws(() => read(''), /x.md:3 a block says whether/);
  t.throws(() => read('bash'), /a block says whether/);
  t.throws(() => read('sh sometimes'), /what is "sometimes"/);
  t.match(read('sh not-run: it needs root'), [
    { notRun: 'it needs root', line: 3, text: 'code\n' },
  ]);
  t.match(read('sh on=10.0.0.1 stays'), [{ machine: '10.0.0.1', stays: true }]);
  t.match(read('js file=merge.mjs'), [{ file: 'merge.mjs' }]);
});

t.test('three points stand for anything, a line of them for any lines', async (t) => {
  t.same(shownOf('$ a \\\n  b\nx\n$ c\n'), [
    { command: 'a \\\n  b', output: ['x'] },
    { command: 'c', output: [] },
  ]);
  for (const [shown, printed, isLike] of [
    [['a ... c'], 'a  b c\n', true],
    [['a'], 'b\n', false],
    [['a', '...', 'z'], 'a\nb\nc\nz\n', true],
    [['a', 'z'], 'a\nb\nz\n', false],
    [['{"n": 1.5}'], '{"n": 1x5}\n', false],
    [['a'], 'a\nb\n', false],
    [[], 'anything', true],
  ] as const) {
    t.equal(unlike(shown, printed) === undefined, isLike, `${shown.join('|')} ${printed}`);
  }
});
