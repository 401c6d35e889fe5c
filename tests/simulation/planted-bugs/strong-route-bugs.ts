/** Bugs in the way that an operation at `strong` takes, and in what its client is told of it. */
import type { PlantedBug } from './planted-bug.js';

const CORE = 'unit/coordination/strong-core.test.js';
const WHOLE_NODES = 'unit/coordination/strong-routes.test.js';

export const STRONG_ROUTE_BUGS: readonly PlantedBug[] = [
  {
    rule: 'K16',
    name: 'a write goes to another while a silent proposer may be at it',
    file: 'coordination/strong/strong-core.js',
    right: 'if (!mayRepeat)',
    wrong: 'if (false)',
    test: CORE,
  },
  {
    rule: 'K16',
    name: 'any write may be proposed again',
    file: 'coordination/strong/strong.js',
    right: 'mayRepeat: intent === undefined || once !== undefined',
    wrong: 'mayRepeat: true',
    test: WHOLE_NODES,
  },
  {
    rule: 'K16',
    name: 'of a strong read the outcome is said to be unknown',
    file: 'coordination/strong/strong-core.js',
    right: 'if (isRead)\n            return [{',
    wrong: 'if (false)\n            return [{',
    test: WHOLE_NODES,
  },
  {
    rule: 'K16',
    name: 'what a silent proposer may have taken is said to be nowhere',
    file: 'coordination/strong/strong-core.js',
    right: "this.#mayBeProposed ? withOutcome(error, 'unknown') : error",
    wrong: 'error',
    test: CORE,
  },
  {
    rule: 'K16',
    name: 'an operation whose end is late is said not to have been ended',
    file: 'coordination/strong/strong-results.js',
    right: 'decided.isOpen && (change !== undefined || isOnce)',
    wrong: 'decided.isOpen && change !== undefined',
    test: WHOLE_NODES,
  },
  {
    rule: 'K16',
    name: 'what cannot be read of a settled write is said not to have been',
    file: 'coordination/strong/strong-peers.js',
    right: "result.is === 'settled' ? withOutcome(error, 'unknown') : error",
    wrong: 'error',
    test: WHOLE_NODES,
  },
  {
    rule: 'K17',
    name: 'a proposer whose clock is wrong stays, and refuses what ends',
    file: 'coordination/strong/strong-core.js',
    right: 'return this.#withoutClock(node, error);',
    wrong: 'return this.#refuse(error);',
    test: WHOLE_NODES,
  },
  {
    rule: 'K17',
    name: 'a node whose clock is wrong is asked again after a pause',
    file: 'coordination/strong/strong-core.js',
    right: 'this.#avoided.has(node) || this.#wrongClocks.has(node)',
    wrong: 'this.#avoided.has(node)',
    test: CORE,
  },
  {
    rule: 'K11',
    name: 'a strong read waits for a slow owner, and is proposed then',
    file: 'coordination/strong/strong-core.js',
    right: 'this.#reading?.hedge() ?? []',
    wrong: '[]',
    test: WHOLE_NODES,
  },
  {
    rule: 'K11',
    name: 'a read that others agree on is proposed where the own disk is slow',
    file: 'coordination/strong/strong-read-round.js',
    right: "this.#isOpen(plan.self) ? 'pending' : 'unsettled'",
    wrong: "'unsettled'",
    test: CORE,
  },
  {
    rule: 'K11',
    name: 'who is to take over asks what is settled',
    file: 'coordination/strong/strong-core.js',
    right: 'this.#decideHere(isKnown && known === plan.self)',
    wrong: 'this.#decideHere(isKnown)',
    test: CORE,
  },
];
