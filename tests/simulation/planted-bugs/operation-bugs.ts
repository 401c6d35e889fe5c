/** Bugs in writes that are applied once (docs/consensus.md, K20; docs/idempotency.md). */
import type { PlantedBug } from './planted-bug.js';

const WHOLE_NODES = 'unit/coordination/operations.test.js';

export const OPERATION_BUGS: readonly PlantedBug[] = [
  {
    rule: 'K20',
    name: 'what was applied is applied again by the next attempt',
    file: 'consensus/once.js',
    right: "if (covers(context, dot))\n        return 'applied';",
    wrong: "if (covers(context, dot))\n        return 'open';",
    checkers: ['operations'],
  },
  {
    rule: 'K20',
    name: 'what was ended is applied by the next attempt',
    file: 'consensus/once.js',
    right: "if (covers(context, end))\n        return 'ended';",
    wrong: '',
    checkers: ['operations'],
  },
  {
    rule: 'K20',
    name: 'a refused operation is not ended',
    file: 'consensus/proposal.js',
    right: 'return endedState(base, once);',
    wrong: 'return base;',
    test: WHOLE_NODES,
  },
  {
    rule: 'K20',
    name: 'the last answer is stored, not the first',
    file: 'coordination/operation/operations.js',
    right: 'records.store(id, done, begun.unchanged, deadline)',
    wrong: "records.store(id, done, { is: 'none' }, deadline)",
    checkers: ['operations'],
  },
  {
    rule: 'K20',
    name: 'an operation is answered before its answer is stored',
    file: 'coordination/operation/operations.js',
    right: 'return this.#finish(id, begun, answer, deadline);',
    wrong: 'return answer;',
    test: WHOLE_NODES,
  },
  {
    rule: 'K20',
    name: 'another request under the same id is taken for a retry',
    file: 'coordination/operation/operations.js',
    right: 'if (met.record.payload !== payload)',
    wrong: 'if (false)',
    test: WHOLE_NODES,
  },
  {
    rule: 'K20',
    name: 'a write under an id takes the way of its level',
    file: 'coordination/path/level-paths.js',
    right: 'if (put.once !== undefined)',
    wrong: 'if (false)',
    test: WHOLE_NODES,
  },
  {
    rule: 'K20',
    name: 'asking what became of an operation ends one that is under way',
    file: 'coordination/operation/operations.js',
    right: 'if (this.#isUnderWay(record))',
    wrong: 'if (false)',
    test: WHOLE_NODES,
  },
  {
    rule: 'E3',
    name: 'the record of an operation is dated by the clock of its coordinator alone',
    file: 'coordination/operation/operations.js',
    right: 'const until = expiryClock.stamp() + deadline',
    wrong: 'const until = clock.wallMilliseconds() + deadline',
    test: WHOLE_NODES,
  },
];
