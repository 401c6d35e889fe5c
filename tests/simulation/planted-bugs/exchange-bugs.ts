/** Bugs in background work of which one step fails (docs/architecture.md, A3). */
import type { PlantedBug } from './planted-bug.js';

export const EXCHANGE_BUGS: readonly PlantedBug[] = [
  {
    rule: 'A3',
    name: 'a step of an exchange that fails stops those behind it',
    file: 'anti-entropy/peer-steps.js',
    right: 'this.failed(error);',
    wrong: 'throw error;',
    test: 'unit/anti-entropy/peer-steps.test.js',
  },
  {
    rule: 'A3',
    name: 'an exchange waits for a silent peer in each partition',
    file: 'anti-entropy/peer-steps.js',
    right: 'if (endsAll || !this.#options.view.isUp(this.#peer))',
    wrong: 'if (false)',
    test: 'unit/anti-entropy/peer-steps.test.js',
  },
  {
    rule: 'A3',
    name: 'an exchange of which a step has failed does not count as failed',
    file: 'anti-entropy/peer-steps.js',
    right: 'if (this.#failures.length > 0)',
    wrong: 'if (false)',
    test: 'unit/anti-entropy/peer-steps.test.js',
  },
  {
    rule: 'A3',
    name: 'a partition that the peer rebuilds fails the comparison of trees',
    file: 'anti-entropy/tree-comparison.js',
    right: "error.code === 'rebuilding'",
    wrong: 'false',
    test: 'unit/anti-entropy/peer-steps.test.js',
  },
  {
    rule: 'A3',
    name: 'a comparison of all trees is owed no more before it was made',
    file: 'anti-entropy/anti-entropy.js',
    right: 'const pulled = await this.#exchange.pullMissing(',
    wrong: 'done(); const pulled = await this.#exchange.pullMissing(',
    test: 'unit/anti-entropy/peer-steps.test.js',
  },
  {
    rule: 'A3',
    name: 'a comparison of all trees that is owed anew during one is forgotten',
    file: 'anti-entropy/tree-comparison-schedule.js',
    right: 'if (this.#owed.get(peer) === owed)',
    wrong: 'if (true)',
    test: 'unit/anti-entropy/peer-steps.test.js',
  },
  {
    rule: 'C5',
    name: 'the clock of a peer is taken though one of its records could not be merged',
    file: 'anti-entropy/exchange.js',
    right: 'steps.assertNoneFailed();\n        if (snapshot === null',
    wrong: 'if (snapshot === null',
    test: 'unit/anti-entropy/peer-steps.test.js',
  },
  {
    rule: 'B3',
    name: 'a clock that cannot be completed keeps those behind it from it',
    file: 'replica/whole-clocks.js',
    right: 'this.#failed(partition, error)',
    wrong: '{ throw error; }',
    test: 'unit/replica/whole-clocks.test.js',
  },
];
