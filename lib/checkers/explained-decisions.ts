/** What explained answers report of ballots and proposals: by themselves, and beside each other. */
import type { ReportedExplanation, ExplainedRequest, ReportedCourse } from './explained-request.js';

interface Ballot {
  readonly round: number;
  readonly node: string;
}

interface Trouble {
  readonly key: string;
  readonly message: string;
}

const BALLOT = /^(\d+)\.([^#]*)(?:#\d+)?$/;
/** What a decision comes to once a majority has accepted it. */
const COUNTED: ReadonlySet<string> = new Set(['applied', 'read', 'unmet', 'settled']);

/** Of a ballot, or of a proposal under it. */
function ballotIn(text: string | undefined): Ballot | undefined {
  const [, round, node] = BALLOT.exec(text ?? '') ?? [];
  return node === undefined ? undefined : { round: Number(round), node };
}

function isBelow(a: Ballot, b: Ballot): boolean {
  return a.round === b.round ? a.node < b.node : a.round < b.round;
}

/** A proposer proposes under its last ballot alone, and its rounds are counted. */
export function decisionTroubles(course: ReportedCourse): string[] {
  if (course.course !== 'decision') return [];
  return [...ownBallotTroubles(course), ...roundTroubles(course)];
}

function ownBallotTroubles({ node, ballot, steps }: ReportedCourse): string[] {
  let current = ballotIn(ballot);
  return steps.flatMap(({ did, ballot: prepared, proposal }) => {
    const own = ballotIn(prepared ?? proposal);
    if (own === undefined) return [];
    if (own.node !== node) return [`reports that ${node} proposes under a ballot of ${own.node}`];
    const before = current ?? own;
    if (did === 'prepare') {
      current = own;
      return isBelow(own, before) ? ['reports ballots that go back'] : [];
    }
    const isLast = own.round === before.round && own.node === before.node;
    return isLast ? [] : [`reports ${did} under ${own.round}, prepared ${before.round}`];
  });
}

function roundTroubles({ steps }: ReportedCourse): string[] {
  const rounds = steps.filter(({ did }) => did === 'decide').map(({ round }) => round);
  const isCounted = rounds.every((round, i) => round === i + 1);
  const reported = steps.findLast(({ did }) => did === 'decided')?.rounds ?? rounds.length;
  const isOne = reported === rounds.length;
  return [
    ...(isCounted ? [] : [`reports the rounds ${rounds}`]),
    ...(isOne ? [] : [`reports ${reported} rounds, and of each of ${rounds.length}`]),
  ];
}

/**
 * The owners that are reported to have settled or accepted what was answered at `strong`; undefined
 * where that is not reported: the node that decided it has not answered.
 */
export function supportersOf(
  { courses }: ReportedExplanation,
  { steps }: ReportedCourse,
): string[] | undefined {
  const isSettled = steps.some(({ did, result }) => did === 'judge' && result === 'settled');
  if (isSettled) {
    const last = steps.findLastIndex(({ did }) => did === 'again');
    // Who refused, or could not be reached, has reported nothing.
    const reports = steps
      .slice(last + 1)
      .filter((step) => step.did === 'ask' && step.answer?.promised !== undefined);
    const ballots = new Set(reports.map(({ answer }) => answer?.promised));
    const isLed = reports.some(({ answer }) => answer?.proposer && !answer.under_way);
    const isOne = ballots.size === 1 && isLed;
    return isOne ? reports.flatMap(({ node }) => node ?? []) : [];
  }
  const decided = courses.findLast((course) => resultOf(course) !== undefined);
  return decided && acceptorsOf(decided);
}

/** Of an operation that was counted. */
function resultOf({ course, steps }: ReportedCourse): string | undefined {
  const result = steps.findLast(({ did }) => did === 'decided')?.result;
  return course === 'decision' && COUNTED.has(result ?? '') ? result : undefined;
}

/** Of its last proposal. */
function acceptorsOf({ steps }: ReportedCourse): string[] {
  const proposal = lastProposal({ steps })?.proposal;
  const accepted = steps.filter((step) => {
    return step.did === 'accept' && step.proposal === proposal && step.answer?.accepted === true;
  });
  return [...new Set(accepted.flatMap(({ node }) => node ?? []))];
}

function lastProposal({ steps }: Pick<ReportedCourse, 'steps'>) {
  return steps.findLast(({ did }) => did === 'accept');
}

/** A decision of one explained answer. */
interface Decision {
  readonly answer: ExplainedRequest;
  readonly partition: number;
  readonly course: ReportedCourse;
}

/**
 * Each number of a ballot stands for one version of one key; and what is decided after something
 * else was decided is so under no lower ballot.
 */
export function ballotTroubles(answers: readonly ExplainedRequest[]): Trouble[] {
  const decisions = answers.flatMap((answer): Decision[] => {
    const courses = answer.reported?.courses ?? [];
    const partition = courses.find(({ plan }) => plan !== undefined)?.plan?.partition;
    if (partition === undefined) return [];
    return courses
      .filter(({ course }) => course === 'decision')
      .map((course) => ({ answer, partition, course }));
  });
  return [
    ...proposalTroubles(decisions),
    ...decisions.flatMap(versionTroubles),
    ...orderTroubles(decisions),
  ];
}

function proposalTroubles(decisions: readonly Decision[]): Trouble[] {
  const stoodFor = new Map<string, string>();
  return decisions.flatMap(({ answer: { key }, partition, course: { steps } }) =>
    steps.flatMap(({ proposal, version }): Trouble[] => {
      if (proposal === undefined || version === undefined) return [];
      // Another start of the node has another writer.
      const place = `${partition} ${proposal} ${version.slice(0, version.lastIndexOf('.'))}`;
      const stands = `${key} ${version}`;
      const before = stoodFor.get(place) ?? stands;
      stoodFor.set(place, before);
      if (before === stands) return [];
      return [{ key, message: `${proposal} is reported with ${before}, and with ${stands}` }];
    }),
  );
}

/** A write is what its proposer says that it has decided. */
function versionTroubles({ answer, course }: Decision): Trouble[] {
  const { id, key, kind, level, versions } = answer;
  if (resultOf(course) !== 'applied' || kind !== 'write' || level !== 'strong') return [];
  const decided = lastProposal(course)?.version;
  if (decided === versions[0]) return [];
  return [{ key, message: `${id} is ${versions[0]}, and decided ${decided}` }];
}

function orderTroubles(decisions: readonly Decision[]): Trouble[] {
  const counted = decisions.flatMap(({ answer, partition, course }) => {
    const ballot = ballotIn(lastProposal(course)?.proposal);
    const isCounted = resultOf(course) !== undefined && answer.mayBeLost !== true;
    return isCounted && ballot !== undefined ? [{ answer, partition, ballot }] : [];
  });
  return counted.flatMap((later) =>
    counted.flatMap((earlier) => {
      const isOfOne = earlier.partition === later.partition;
      const isAfter = isOfOne && earlier.answer.ended < later.answer.began;
      if (!isAfter || !isBelow(later.ballot, earlier.ballot)) return [];
      const texts = [later, earlier].map(
        ({ ballot, answer: { id } }) => `${id} under ${ballot.round}`,
      );
      return [{ key: later.answer.key, message: `decided ${texts.join(', before it ')}` }];
    }),
  );
}
