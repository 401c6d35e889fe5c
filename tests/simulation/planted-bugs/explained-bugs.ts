/** Bugs in what answers tell of how they came about, and in what is kept of the past of keys. */
import type { PlantedBug } from './planted-bug.js';

export const EXPLAINED_BUGS: readonly PlantedBug[] = [
  {
    rule: 'HTTP',
    name: 'an explained read reports that whoever was asked in full holds nothing',
    file: 'coordination/read/explained-read.js',
    right: 'versionsShown(fingerprint) : stateShown(siblings)',
    wrong: 'versionsShown(fingerprint) : stateShown(undefined)',
    checkers: ['explanations'],
  },
  {
    rule: 'HTTP',
    name: 'an explained write reports that whoever refused it holds it',
    file: 'coordination/write/explained-write.js',
    right: 'stored === undefined ? refusalShown(why) : acknowledgementShown(stored)',
    wrong: 'acknowledgementShown(stored ?? { start: 0, report: undefined })',
    checkers: ['explanations'],
  },
  {
    rule: 'HTTP',
    name: 'an explained decision reports that the proposer alone was asked',
    file: 'coordination/strong/explained-decisions.js',
    right: "const node = effect.do === 'vote' ? this.#self : effect.node;",
    wrong: 'const node = this.#self;',
    checkers: ['explanations'],
  },
  {
    rule: 'HTTP',
    name: 'a slow disk is explained as what the session has not seen',
    file: 'coordination/read/bounded-read-core.js',
    right: "return this.#widen('slow disk');",
    wrong: 'return this.ownFailed(undefined);',
    test: 'unit/coordination/explain/explained-bounded.test.js',
  },
  {
    rule: 'X1',
    name: 'more versions are kept than the rule says',
    file: 'persistence/retained-items.js',
    right: 'if (count === itemsMax || ',
    wrong: 'if (',
    checkers: ['trouble'],
  },
  {
    rule: 'X1',
    name: 'kept versions stay when their key is gone',
    file: 'persistence/versions.js',
    right: 'this.#retained.forget(transaction, at);',
    wrong: ';',
    checkers: ['trouble'],
  },
  {
    rule: 'X1',
    name: 'what nothing has replaced is kept as a version of the past',
    file: 'persistence/versions.js',
    right: 'if (find(after, version.dot) === undefined)',
    wrong: 'if (true)',
    checkers: ['trouble'],
  },
];
