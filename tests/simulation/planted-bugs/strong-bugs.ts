/** Bugs of the strong level on whole clusters: what no single copy could have answered is seen. */
import type { PlantedBug } from './planted-bug.js';

const ORDER = ['order', 'stale reads', 'lost writes'];
const BESIDE = 'unit/coordination/strong-beside-plain.test.js';
const FAULTS = 'unit/coordination/strong-faults.test.js';

export const STRONG_BUGS: readonly PlantedBug[] = [
  {
    rule: 'K1',
    name: 'an acceptor forgets its promise in a restart',
    file: 'persistence/proposal-table.js',
    right: "const bytes = store.get(partitionKey('ballots', partition));",
    wrong: 'const bytes = undefined;',
    test: 'unit/replica/durable-acceptor.test.js',
  },
  {
    rule: 'K2',
    name: 'the writer of proposals is the same in every ballot',
    file: 'coordination/strong/proposer-seat.js',
    right: 'const writer = freshWriter(self, start, random);',
    wrong: "const writer = [self, 1, '000000000000'].join('.');",
    checkers: ['dots', 'values', ...ORDER, 'operations', 'trouble'],
  },
  {
    rule: 'K4',
    name: 'a comparison is judged on an old copy',
    file: 'consensus/coverage.js',
    right: 'if (!covers(state.context, version.dot))',
    wrong: 'if (false)',
    test: 'unit/consensus/proposals.test.js',
  },
  {
    rule: 'K9',
    name: 'who takes over ignores what was accepted',
    file: 'consensus/takeover.js',
    right: 'if (acceptance !== undefined && isLater(acceptance.id, mark))',
    wrong: 'if (false)',
    checkers: [...ORDER, 'operations'],
  },
  {
    rule: 'K11',
    name: 'a strong read is answered by the copy of the proposer alone',
    file: 'consensus/strong-read.js',
    right: "if (lead === undefined || quorum.stateOf(votes) !== 'reached')",
    wrong: `if (lead !== undefined)
        return { is: 'settled', record: lead.record };
    if (lead === undefined)`,
    checkers: [...ORDER, 'receipts'],
  },
  {
    rule: 'K12',
    name: 'reads at quorum take no notice of what is accepted',
    file: 'coordination/strong/open-acceptances.js',
    right: 'if (!acceptor.hasAcceptance(at))',
    wrong: 'if (acceptor !== undefined)',
    test: BESIDE,
  },
  {
    rule: 'K12',
    name: 'a blind write leaves what its own node has accepted',
    file: 'coordination/write/writes.js',
    right: 'const settled = meetsAll ?',
    wrong: 'const settled = false ?',
    test: BESIDE,
  },
  {
    rule: 'K12',
    name: 'a blind write leaves what another owner has accepted',
    file: 'coordination/replica-service.js',
    right: 'dot === undefined ? undefined : openAcceptances.settled(at)',
    wrong: 'undefined',
    test: BESIDE,
  },
  {
    rule: 'K12',
    name: 'a list at quorum takes no notice of what is accepted',
    file: 'coordination/list/list-service.js',
    right: 'if (!settled)',
    wrong: 'if (settled !== undefined)',
    test: BESIDE,
  },
  {
    rule: 'K16',
    name: 'a proposal whose time is over is taken for one that never was',
    file: 'coordination/strong/partition-proposer.js',
    right: 'isOpen: !this.core.withdraw(operation)',
    wrong: 'isOpen: !this.core.withdraw(operation) && false',
    checkers: ['refused means nothing happened', 'executed once', 'resolutions'],
  },
  {
    rule: 'K16',
    name: 'what a write of a deposed proposer has replaced is not told',
    file: 'coordination/strong/strong.js',
    right: 'return core.inquired(appliedOf(decided, intent?.seen));',
    wrong: 'return core.inquired({ ...appliedOf(decided, intent?.seen), replaced: [] });',
    test: FAULTS,
  },
  {
    rule: 'V5',
    name: 'all keys that hold nothing have the context of one of them',
    file: 'coordination/request/contexts.js',
    right: 'const isEmpty = state === undefined || isNothing(state);',
    wrong: 'const isEmpty = state === undefined;',
    test: 'unit/coordination/strong.test.js',
  },
  {
    rule: 'K17',
    name: 'the rounds of refusals are forgotten',
    file: 'coordination/strong/heard-rounds.js',
    right: 'if (round > this.of(partition))',
    wrong: 'if (false)',
    test: FAULTS,
  },
  {
    rule: 'E2',
    name: 'a state that only covers is never collected',
    file: 'persistence/indexes.js',
    right: 'if (values.length === 0) {',
    wrong: 'if (values.length === 0 && siblings.versions.length > 0) {',
    test: 'unit/anti-entropy/strong.test.js',
  },
  {
    rule: 'T5',
    name: 'a resolution at strong loses the causes of its siblings',
    file: 'consensus/decision.js',
    right: 'const version = past === undefined ? made : { ...made, past };',
    wrong: 'const version = made;',
    test: 'unit/coordination/sessions.test.js',
  },
];
