/** The checks of references notice what is not there; tidy.test holds the sources to them. */
import t from 'tap';
import {
  brokenLinks,
  checkInvariants,
  checkNamedDocuments,
  checkNamedFiles,
} from '../tidy/references.js';
import { sourceOf } from '../tidy/source.js';

t.test('a file or a document that is not there', async (t) => {
  const source = sourceOf('lib/x.ts', '/** See docs/nowhere.md and docs/ring.md. */');
  t.same(checkNamedFiles(source), ['lib/x.ts names docs/nowhere.md, which is not there']);
  const paper = sourceOf('lib/x.ts', "/** As in ring.md and paper.md. */\nconst x = 'y.md';");
  t.same(checkNamedDocuments(paper, new Set(['ring.md'])), [
    'lib/x.ts names paper.md, which is not there',
  ]);
  const document = sourceOf('docs/x.md', 'As [ring](ring.md) and `old/y.md` say.');
  t.same(checkNamedDocuments(document, new Set(['ring.md'])), [
    'docs/x.md names y.md, which is not there',
  ]);
});

t.test('a link to a file or heading that is not there', async (t) => {
  const text = '[a](ring.md) [b](ring.md#nowhere) [c](nowhere.md) [d](https://x.example)';
  t.same(brokenLinks('docs/README.md', text), [
    'docs/README.md: ring.md#nowhere',
    'docs/README.md: nowhere.md',
  ]);
});

t.test('a rule that is stated nowhere, twice, or without a test', async (t) => {
  const naming = sourceOf('lib/x.ts', '// See architecture.md, V1 and V2.');
  t.same(checkInvariants('* **V1, x.** `lib/no.ts`\n* **V1, y.**', '', [naming]), [
    'V1 names no test',
    'V1 names lib/no.ts',
    'V1 is stated twice',
    'V1 names no test',
    'lib/x.ts names V2, which is not stated',
  ]);
  const inBrackets = sourceOf('lib/x.ts', '/** Settled first (K1, K2 and V9). */\nf(A1);');
  t.same(checkInvariants('', '* **K1, x.**\n', [inBrackets]), [
    'lib/x.ts names K2, which is not stated',
    'lib/x.ts names V9, which is not stated',
  ]);
});
