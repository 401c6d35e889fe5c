/** Explained answers made by hand, with what is wrong with them. */
import t from 'tap';
import { checkExplanations } from '../../../lib/checkers/check-explanations.js';
import type {
  ReportedExplanation,
  ExplainedRequest,
  ReportedCourse,
  ReportedStep,
} from '../../../lib/checkers/explained-request.js';
import type { Finding, RecordedWrite } from '../../../lib/checkers/history.js';

const ZONES = { n1: 'a', n2: 'a', n3: 'b' };
const primaries = Object.entries(ZONES).map(([node, zone]) => ({ node, zone }));
const plan = {
  partition: 3,
  owners: primaries,
  order: ['n1', 'n2', 'n3'],
  stand_ins: ['n4', 'n1'],
};
const needs = [{ required: 2, of: ['n1', 'n2', 'n3'] }];
const levels = [{ level: 'quorum', needs }];

function step(did: string, at_ms: number, more: Partial<ReportedStep> = {}): ReportedStep {
  return { did, at_ms, ...more };
}

function said(node: string, versions: readonly string[], took_ms = 1): Partial<ReportedStep> {
  return { node, took_ms, answer: { versions } };
}

const READ: readonly ReportedStep[] = [
  step('ask', 0, said('n1', ['v2'])),
  step('ask', 0, said('n2', ['v1', 'v0 (ended)'])),
  step('ask', 2, said('n1', ['v2'])),
  step('ask', 2, said('n2', ['v1'])),
  step('repair', 3.5, { node: 'n2', took_ms: 1, answer: {} }),
  step('answer', 4.5, { level: 'quorum', answered: 2, asked: 3, versions: ['v2'] }),
];
const WRITE: readonly ReportedStep[] = [
  step('store', 0, { node: 'n1', took_ms: 2, answer: { stored: true } }),
  step('minted', 0, { version: 'v3' }),
  step('copy', 0, { node: 'n2', took_ms: 1, answer: { stored: true } }),
  step('hold', 0, { node: 'n4', took_ms: 1, answer: { held: true }, hint_for: 'n3' }),
  step('answer', 2, { level: 'quorum', answered: 2, asked: 3, stand_ins: 1 }),
];
const proposed = { proposal: '2.n2#7', version: 'n2.1.8' };
const ACCEPTED: Partial<ReportedStep> = { ...proposed, took_ms: 1, answer: { accepted: true } };
const DECISION: readonly ReportedStep[] = [
  step('prepare', 0, { node: 'n1', ballot: '2.n2', took_ms: 1, answer: { promised: true } }),
  step('activate', 1, { node: 'n1', ballot: '2.n2', took_ms: 1, answer: {} }),
  step('decide', 2, { round: 1 }),
  step('check', 2, { ...proposed, node: 'n1', took_ms: 1, answer: { met: true } }),
  step('accept', 3, { ...ACCEPTED, node: 'n1' }),
  step('accept', 3, { ...ACCEPTED, node: 'n2' }),
  step('decided', 4, { result: 'applied', rounds: 1 }),
];
const STRONG: readonly ReportedStep[] = [
  step('pass on', 0, { node: 'n2', took_ms: 5, answer: {} }),
  step('answer', 5, { level: 'strong', answered: 2 }),
];
const report = { promised: '2.n2' };
const SETTLED: readonly ReportedStep[] = [
  step('ask', 0, { node: 'n1', took_ms: 1, answer: { ...report } }),
  step('ask', 0, { node: 'n2', took_ms: 1, answer: { ...report, proposer: true } }),
  step('judge', 1, { result: 'settled' }),
  step('answer', 1, { level: 'strong', answered: 2 }),
];

function course(name: string, steps: readonly ReportedStep[], more: object = {}): ReportedCourse {
  return { node: 'n1', course: name, plan, levels, steps, ...more };
}

function reported(
  courses: readonly ReportedCourse[],
  more: Partial<ReportedExplanation> = {},
): ReportedExplanation {
  return { node: 'n1', took_ms: 5, courses, ...more };
}

const common = {
  ...{ id: 'x', key: 'k', level: 'quorum', answered: 2, asked: 3, standIns: 0, primaries },
  ...{ node: 'n1', zone: 'a', began: 100, ended: 106, took: 6 },
};

function read(more: Partial<ExplainedRequest> = {}): ExplainedRequest {
  const heard = [
    { node: 'n2', versions: ['v1', 'v0 (ended)'] },
    { node: 'n2', versions: ['v1'] },
  ];
  return {
    ...{ ...common, kind: 'read', versions: ['v2'], witnesses: ['n1', 'n2'], heard },
    ...{ reported: reported([course('read', READ)]), ...more },
  };
}

function write(more: Partial<ExplainedRequest> = {}): ExplainedRequest {
  return {
    ...{ ...common, kind: 'write', versions: ['v3'], witnesses: ['n1', 'n2'], heard: [] },
    ...{ standIns: 1, reported: reported([course('write', WRITE)]), ...more },
  };
}

function decided(
  steps: readonly ReportedStep[] = DECISION,
  more: Partial<ExplainedRequest> = {},
): ExplainedRequest {
  const courses = [
    course('strong', STRONG, { operation: 'write', levels: undefined }),
    { node: 'n2', course: 'decision', ballot: '1.n3', steps },
  ];
  const version = { versions: ['n2.1.8'], level: 'strong', standIns: 0 };
  return write({ ...version, reported: reported(courses), ...more });
}

function settled(steps: readonly ReportedStep[]): ExplainedRequest {
  const operation = { operation: 'read', levels: undefined };
  return read({ level: 'strong', reported: reported([course('strong', steps, operation)]) });
}

/** The steps, with the one at the place changed. */
function changed(
  steps: readonly ReportedStep[],
  place: number,
  more: Partial<ReportedStep>,
): readonly ReportedStep[] {
  return steps.map((one, i) => (i === place ? { ...one, ...more } : one));
}

const inRead = (place: number, more: Partial<ReportedStep>): ExplainedRequest =>
  read({ reported: reported([course('read', changed(READ, place, more))]) });
const OTHER_READ = changed(READ, 3, said('n2', ['v0']));
const readTwice = (a: typeof READ, b: typeof READ, version: string): ExplainedRequest => {
  const heard = [{ node: 'n2', versions: [version] }];
  return read({ reported: reported([course('read', a), course('read', b)]), heard });
};
const inWrite = (place: number, more: Partial<ReportedStep>): ExplainedRequest =>
  write({ reported: reported([course('write', changed(WRITE, place, more))]) });
const inDecision = (place: number, more: Partial<ReportedStep>): ExplainedRequest =>
  decided(changed(DECISION, place, more));
const inPlan = (more: object): ExplainedRequest =>
  read({ reported: reported([course('read', READ, { plan: { ...plan, ...more } })]) });

function written(version: string, more: Partial<RecordedWrite>): RecordedWrite {
  return {
    ...{ id: `w${version}`, key: 'k', kind: 'value', began: 0, ended: 10 },
    ...{ outcome: 'acknowledged', version, seen: [], holders: 2, consulted: 0, ...more },
  };
}

const WRITES = [
  written('v1', {}),
  written('v2', { seen: ['v1'] }),
  written('v4', {}),
  written('v5', { kind: 'delete' }),
];

function findings(...explanations: readonly ExplainedRequest[]): Finding[] {
  const history = { replicaCount: 3, writes: WRITES, reads: [], finals: [], explanations };
  return checkExplanations(history);
}

const RIGHT: Readonly<Record<string, readonly ExplainedRequest[]>> = {
  'a read': [read()],
  'what is dead is reported, and not shown': [inRead(5, { versions: ['v2', 'v5', 'v0 (ended)'] })],
  'what came after it was repaired has no part in it': [
    { ...inRead(3, said('n2', ['v4'], 3)), heard: [] },
  ],
  'siblings that are resolved at a read, by a write of a session': [
    read({
      versions: ['v3'],
      reported: reported([
        course('read', READ),
        course('write', WRITE),
        course('read', READ.slice(0, -1).concat(step('answer', 4.5, { level: 'one' })), {
          levels: [{ level: 'one', needs }],
        }),
      ]),
    }),
  ],
  'what was heard by another read of the request': [readTwice(OTHER_READ, READ, 'v0')],
  'a write': [write()],
  'a decision': [decided()],
  'a read that was settled': [settled(SETTLED)],
  'a read that was settled, though an owner refused': [
    settled([step('ask', 0, { node: 'n3', answer: {} }), ...SETTLED]),
  ],
  'steps for which there was no room': [
    read({ reported: reported([course('read', [])], { left_out: 6 }) }),
  ],
  'a later ballot': [
    decided(),
    decided(
      DECISION.map((one) => ({
        ...one,
        ...(one.ballot === undefined ? {} : { ballot: '3.n2' }),
        ...(one.proposal === undefined ? {} : { proposal: '3.n2#1' }),
      })),
      { began: 200, ended: 206 },
    ),
  ],
};

const NO_ANSWER = { answer: null, took_ms: undefined };
const WRONG: Readonly<Record<string, readonly ExplainedRequest[]>> = {
  'nothing is reported': [read({ reported: undefined })],
  'another node explains': [read({ node: 'n2' })],
  'it took longer than it can have': [read({ took: 4 })],
  'steps out of order': [inRead(1, { at_ms: 3 })],
  'another owner': [inPlan({ owners: primaries.slice(1).concat({ node: 'n4', zone: 'a' }) })],
  'an owner of another zone': [
    inPlan({ owners: [{ node: 'n1', zone: 'b' }, ...primaries.slice(1)] }),
  ],
  'a stranger is asked': [inPlan({ order: ['n1', 'n4'] })],
  'another owner stands in': [inPlan({ stand_ins: ['n2'] })],
  'somebody else was asked': [inRead(0, { node: 'n4' })],
  'somebody who has not looked': [read({ witnesses: ['n1'] })],
  'what nobody said': [inRead(3, said('n2', ['v0']))],
  'what nobody said to any of its reads': [readTwice(READ, OTHER_READ, 'v4')],
  'another level': [inRead(5, { level: 'one' })],
  'another count': [inRead(5, { answered: 3 })],
  'of another number of owners': [inRead(5, { asked: 2 })],
  'no end': [read({ reported: reported([course('read', READ.slice(0, -1))]) })],
  'more needed than the level does': [
    read({
      reported: reported([course('read', READ, { levels: [{ level: 'quorum', needs: [] }] })]),
    }),
  ],
  'fewer answered than are counted': [
    read({
      reported: reported([course('read', [...changed(READ.slice(2), 1, NO_ANSWER)])]),
      heard: [],
    }),
  ],
  'a version that nobody reports': [read({ versions: ['v2', 'v4'] })],
  'a version that is reported, and not shown': [inRead(5, { versions: ['v2', 'v4'] })],
  'what a replica holds is left out': [
    read({
      reported: reported([course('read', changed(READ, 3, said('n2', ['v4'])))]),
      heard: [
        { node: 'n2', versions: ['v1', 'v0 (ended)'] },
        { node: 'n2', versions: ['v4'] },
      ],
    }),
  ],
  'another version minted': [inWrite(1, { version: 'v9' })],
  'who is reported to hold it does not': [write({ witnesses: ['n1'] })],
  'fewer hold it than are counted': [inWrite(2, NO_ANSWER)],
  'a hint for a stranger': [inWrite(3, { hint_for: 'n5' })],
  'the ballot of another': [inDecision(0, { ballot: '2.n3' })],
  'a proposal under another ballot': [inDecision(3, { proposal: '1.n2#7' })],
  'ballots go back': [
    decided([...DECISION.slice(0, -1), step('prepare', 4, { node: 'n1', ballot: '1.n2' })]),
  ],
  'a round is left out': [inDecision(2, { round: 2 })],
  'another number of rounds': [inDecision(6, { rounds: 2 })],
  'accepted by too few': [inDecision(4, NO_ANSWER)],
  'another version decided': [decided(DECISION, { versions: ['n2.1.9'] })],
  'one number for two versions': [
    decided(),
    decided(
      DECISION.map((one) => (one.version === undefined ? one : { ...one, version: 'n2.1.9' })),
      { versions: ['n2.1.9'] },
    ),
  ],
  'decided under a lower ballot than before': [
    decided(DECISION, { began: 200, ended: 206 }),
    decided(
      DECISION.map((one) => ({
        ...one,
        ...(one.ballot === undefined ? {} : { ballot: '3.n2' }),
        ...(one.proposal === undefined ? {} : { proposal: '3.n2#1' }),
      })),
    ),
  ],
  'settled without the proposer': [settled(changed(SETTLED, 1, { answer: { ...report } }))],
  'settled under two ballots': [settled(changed(SETTLED, 0, { answer: { promised: '1.n3' } }))],
};

t.test('what can have been so', async (t) => {
  for (const [name, answers] of Object.entries(RIGHT)) {
    t.strictSame(findings(...answers), [], name);
  }
});

t.test('what cannot', async (t) => {
  for (const [name, answers] of Object.entries(WRONG)) {
    const found = findings(...answers);
    t.ok(found.length > 0, name);
    t.ok(found.every(({ checker }) => checker === 'explanations'));
    t.comment(`${name}: ${found[0]?.message}`);
  }
});

t.test('a disk that may have lost a promise is no finding', async (t) => {
  const lost = { mayBeLost: true, began: 200, ended: 206 };
  const later = WRONG['decided under a lower ballot than before']?.[1] ?? decided();
  t.strictSame(findings(decided(DECISION, lost), later), []);
});
