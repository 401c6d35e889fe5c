/** Bugs of the strong level's machines: each is noticed in the small world, without any seed. */
import type { PlantedBug } from './planted-bug.js';

const TAKE_OVER = 'unit/consensus/take-over.test.js';
const PROPOSALS = 'unit/consensus/proposals.test.js';
const TRANSCRIPTS = 'unit/consensus/transcripts.test.js';
const RANDOM = 'unit/consensus/random-world.test.js';

export const CONSENSUS_BUGS: readonly PlantedBug[] = [
  {
    rule: 'K1',
    name: 'an ACCEPT below the promise is accepted',
    file: 'consensus/acceptor.js',
    right: `    if (compareBallots(id.ballot, held.promised) < 0)
        return refused(held, id.ballot);
    const isHigher`,
    wrong: '    const isHigher',
    test: TRANSCRIPTS,
  },
  {
    rule: 'K1',
    name: 'a promise is told before it is synced',
    file: 'consensus/acceptor.js',
    right: `reply: { is: 'promised', ballot, active, entries: [], from, next: undefined },
        isSynced: true,`,
    wrong: `reply: { is: 'promised', ballot, active, entries: [], from, next: undefined },
        isSynced: false,`,
    test: TAKE_OVER,
  },
  {
    rule: 'K1',
    name: 'a promise whose answer got lost is not given again',
    file: 'consensus/acceptor.js',
    right: 'isFirst ? order < 0 :',
    wrong: 'isFirst ? order <= 0 :',
    test: TRANSCRIPTS,
  },
  {
    rule: 'K18',
    name: 'an owner that promises anew after a loss is not heard',
    file: 'consensus/candidacy.js',
    right: 'this.#promises.of(from.node) === true || page',
    wrong: 'this.#promiseReports.has(from.node) || page',
    test: TRANSCRIPTS,
  },
  {
    rule: 'K1',
    name: 'an acceptance is told before it is synced',
    file: 'consensus/acceptor.js',
    right: "const accepted = { reply: { is: 'accepted', key, id }, isSynced: true };",
    wrong: "const accepted = { reply: { is: 'accepted', key, id }, isSynced: false };",
    test: TRANSCRIPTS,
  },
  {
    rule: 'K1',
    name: 'an ACCEPT to an earlier start is accepted',
    file: 'consensus/acceptor.js',
    right: 'request.start === held.start ?',
    wrong: 'true ?',
    test: TAKE_OVER,
  },
  {
    rule: 'K2',
    name: 'the proposals of all ballots of a node have one writer',
    file: 'consensus/proposer-core.js',
    right: 'return { writer: this.#writer, n: this.#minted };',
    wrong: "return { writer: 'a.1.ffffffffffff', n: this.#minted };",
    test: RANDOM,
  },
  {
    rule: 'K4',
    name: 'coverage looks at nothing',
    file: 'consensus/coverage.js',
    right: 'if (!covers(state.context, version.dot))',
    wrong: 'if (false)',
    test: RANDOM,
  },
  {
    rule: 'K4',
    name: 'a stub here may be a value in a proposal',
    file: 'consensus/coverage.js',
    right: "if (version.state === 'stub' && find(state, version.dot)?.state === 'value')",
    wrong: 'if (false)',
    test: TAKE_OVER,
  },
  {
    rule: 'K4',
    name: 'what a proposal was decided on is not compared',
    file: 'consensus/coverage.js',
    right: 'return !base.some(isGone);',
    wrong: 'return true || base.some(isGone);',
    test: TAKE_OVER,
  },
  {
    rule: 'K4',
    name: 'the context of what refused is not covered',
    file: 'consensus/proposal.js',
    right: 'const base = covering(record, this.#met);',
    wrong: 'const base = covering(record, undefined);',
    test: RANDOM,
  },
  {
    rule: 'K4',
    name: 'a write decided again takes another dot',
    file: 'consensus/proposal.js',
    right: 'this.dot ??= once?.dot ?? mint();',
    wrong: 'this.dot = once?.dot ?? mint();',
    test: TRANSCRIPTS,
  },
  {
    rule: 'K4',
    name: 'one of five that refuses is enough to decide again',
    file: 'consensus/proposer-core.js',
    right: "open.stage === 'accepting' && !reign.acceptors.isLostWithoutSelf(open.votes)",
    wrong: 'false',
    test: PROPOSALS,
  },
  {
    rule: 'K5',
    name: 'the proposer votes at once',
    file: 'consensus/proposer-core.js',
    right:
      'if (!reign.acceptors.isMajorityWithSelf(open.votes))\n            ' +
      'return [];\n        open.stage',
    wrong: 'open.stage',
    test: PROPOSALS,
  },
  {
    rule: 'K5',
    name: 'of five owners, coverage is not asked for first',
    file: 'consensus/proposal.js',
    right: 'required <= 2 && nodes.includes(self)',
    wrong: 'nodes.includes(self)',
    test: PROPOSALS,
  },
  {
    rule: 'K6',
    name: 'the own vote goes straight into the record',
    file: 'consensus/acceptor.js',
    right: "const changes = [{ store: 'acceptance', key, acceptance }];",
    wrong: "const changes = [{ store: 'merge', key, state, acceptance }];",
    test: TAKE_OVER,
  },
  {
    rule: 'K7',
    name: 'an acceptance is merged into the record at once',
    file: 'consensus/acceptor.js',
    right: "changes: [...raised, { store: 'acceptance', key, acceptance }]",
    wrong:
      "changes: [...raised, { store: 'acceptance', key, acceptance }, { " +
      "store: 'merge', key, state }]",
    test: RANDOM,
  },
  {
    rule: 'K7',
    name: 'LEARN of one number merges the state of another',
    file: 'consensus/acceptor.js',
    right: 'if (own.acceptance === undefined || compareProposals(own.acceptance.id, id) !== 0)',
    wrong: 'if (own.acceptance === undefined)',
    test: TRANSCRIPTS,
  },
  {
    rule: 'K8',
    name: 'a refused comparison is answered from the own record',
    file: 'consensus/proposer-core.js',
    right: 'if (reign.acceptors.oneIsEnough)',
    wrong: `if (!open.takesEffect && open.dot === undefined && operation_of(open)) {
            this.#open.delete(key);
            return [answer(open.operation, resultOf(open)), ...this.#next(key)];
        }
        function operation_of(one) { return one.operation.change !== undefined; }
        if (reign.acceptors.oneIsEnough)`,
    test: RANDOM,
  },
  {
    rule: 'K8',
    name: 'what was proposed is refused before a later number was counted',
    file: 'consensus/proposer-core.js',
    right: 'if (reign.acceptors.oneIsEnough)',
    wrong: `if (!open.takesEffect && open.dot !== undefined) {
            this.#open.delete(key);
            return [answer(open.operation, resultOf(open)), ...this.#next(key)];
        }
        if (reign.acceptors.oneIsEnough)`,
    test: RANDOM,
  },
  {
    rule: 'K8',
    name: 'what kills a proposal does not cover its dot',
    file: 'consensus/proposal.js',
    right: 'return killing(base, dot);',
    wrong: 'return base;',
    test: PROPOSALS,
  },
  {
    rule: 'K9',
    name: 'nothing is adopted',
    file: 'consensus/takeover.js',
    right: 'if (acceptance !== undefined && isLater(acceptance.id, mark))',
    wrong: 'if (false)',
    test: TAKE_OVER,
  },
  {
    rule: 'K9',
    name: 'the greatest acceptance is adopted, activated since or not',
    file: 'consensus/takeover.js',
    right: 'if (compareBallots(acceptance.id.ballot, active) < 0)',
    wrong: 'if (false)',
    test: TRANSCRIPTS,
  },
  {
    rule: 'K9',
    name: 'a ballot is active before a majority has activated it',
    file: 'consensus/candidacy.js',
    right: 'if (this.isActive || !isMajority)',
    wrong: 'if (this.isActive)',
    test: TRANSCRIPTS,
  },
  {
    rule: 'K9',
    name: 'an activation leaves older acceptances',
    file: 'consensus/acceptor.js',
    right: 'if (acceptance !== undefined && compareBallots(acceptance.id.ballot, ballot) < 0)',
    wrong: 'if (false)',
    test: TRANSCRIPTS,
  },
  {
    rule: 'K9',
    name: 'an activation brings no records',
    file: 'consensus/acceptor.js',
    right: 'if (entry?.record !== undefined)',
    wrong: 'if (false)',
    test: TAKE_OVER,
  },
  {
    rule: 'K9',
    name: 'a late activation applies again',
    file: 'consensus/acceptor.js',
    right: `if (compareBallots(ballot, held.active) <= 0)
        return { changes: [], reply, isSynced: true };`,
    wrong: ';',
    test: TRANSCRIPTS,
  },
  {
    rule: 'K9',
    name: 'an activation replaces what was accepted since, under the same ballot',
    file: 'consensus/acceptor.js',
    right: 'return isOvertaken ? []',
    wrong: 'return false ? []',
    test: TRANSCRIPTS,
  },
  {
    rule: 'K10',
    name: 'marks are not told',
    file: 'consensus/acceptor.js',
    right: 'return { key, acceptance, mark, record: mark === undefined ? undefined : record };',
    wrong: 'return { key, acceptance, mark: undefined, record: undefined };',
    test: TAKE_OVER,
  },
  {
    rule: 'K10',
    name: 'a mark goes at a majority',
    file: 'consensus/proposal.js',
    right: 'return this.all.every((node) => votes.of(node) === true);',
    wrong: 'return this.isMajority(votes);',
    test: TAKE_OVER,
  },
  {
    rule: 'K10',
    name: 'what is learned is told before it is synced',
    file: 'consensus/acceptor.js',
    right: "reply: { is: 'learned', key, id }, isSynced: true }",
    wrong: "reply: { is: 'learned', key, id }, isSynced: false }",
    test: TRANSCRIPTS,
  },
  {
    rule: 'K11',
    name: 'a read asks any majority',
    file: 'consensus/strong-read.js',
    right: 'const lead = reports.find(({ from }) => from.node === proposer);',
    wrong: 'const lead = reports[0] && { ...reports[0], isActive: true };',
    test: RANDOM,
  },
  {
    rule: 'K11',
    name: 'a read takes no notice of promises',
    file: 'consensus/strong-read.js',
    right: 'compareBallots(report.promised, lead.promised) === 0 && holds',
    wrong: 'holds',
    test: TAKE_OVER,
  },
  {
    rule: 'K11',
    name: 'a read does not wait for what is under way',
    file: 'consensus/strong-read.js',
    right: 'lead.isActive && !lead.isBusy &&',
    wrong: 'lead.isActive &&',
    test: PROPOSALS,
  },
  {
    rule: 'K11',
    name: 'a read takes what the proposer holds',
    file: 'consensus/strong-read.js',
    right: '=== 0 && holds(report, versions);',
    wrong: '=== 0;',
    test: PROPOSALS,
  },
  {
    rule: 'K18',
    name: 'a rebuild takes no acceptances',
    file: 'consensus/acceptor.js',
    right: 'if (acceptance !== undefined && isNew)',
    wrong: 'if (false)',
    test: TAKE_OVER,
  },
  {
    rule: 'K18',
    name: 'what an owner said before it lost its disk counts',
    file: 'consensus/proposal.js',
    right:
      'this.votes = new Votes(this.#standing);\n        this.checks = new ' +
      'Votes(this.#standing);\n        this.proposal',
    wrong: 'this.votes = new Votes();\n        this.checks = new Votes();\n        this.proposal',
    test: TRANSCRIPTS,
  },
];
