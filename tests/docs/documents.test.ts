/** Every block of the README and of docs/ that can be run is run, as it is written. */
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { type Block, isRun, readBlocks } from './blocks.js';
import { tryDocument, whyNoTerminal } from './terminal.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const blocks = readBlocks(ROOT);
const paths = [...new Set(blocks.filter(isRun).map(({ path }) => path))];

t.jobs = 2;

t.equal(whyNoTerminal(), undefined, 'there is a network of their own for them');

for (const path of paths) {
  t.test(path, { buffered: true, timeout: 200_000 }, async (t) => {
    const { troubles, run } = await tryDocument(ROOT, of(path));
    t.same(troubles, [], `${run} blocks`);
  });
}

t.test('a command that fails, and an output that is another one, are found', async (t) => {
  const block = { path: 'x.md', line: 1, notRun: undefined, machine: undefined, stays: false };
  const shown = { ...block, file: undefined };
  const bad: readonly Block[] = [
    { ...shown, language: 'console', text: '$ echo one two\none   ...\n$ echo three\nfour\n' },
    { ...shown, language: 'sh', text: 'false\n' },
    { ...shown, language: 'sh', text: 'echo never\n' },
  ];
  const { troubles } = await tryDocument(ROOT, bad);
  t.equal(troubles.length, 2, troubles.join('\n'));
  t.match(troubles[0], /^x.md:1 ends here \(1\)/);
  t.match(troubles[1], /\$ echo three\nshown:\nfour\nprinted:\nthree/);
});

function of(path: string): Block[] {
  return blocks.filter((block) => block.path === path);
}
