/**
 * Forbids that an explained answer reports another course than it can have had: another plan or
 * level, replicas that were not asked, fewer answers than its receipt counts, versions that nobody
 * said or that were left out, ballots that contradict each other.
 */
import { Causality } from './causality.js';
import { courseTroubles, timeTroubles } from './explained-courses.js';
import { ballotTroubles, decisionTroubles, supportersOf } from './explained-decisions.js';
import type {
  ReportedExplanation,
  ExplainedRequest,
  ReportedCourse,
  ReportedStep,
  ReportedVersions,
} from './explained-request.js';
import type { Finding, History, VersionName } from './history.js';
import { needsOf } from './level-needs.js';

export function checkExplanations({ writes, explanations = [] }: History): Finding[] {
  const causalityOf = Causality.byKey(writes);
  const findings = explanations.flatMap((answer) => {
    const { id, key, reported, level } = answer;
    const wrong =
      reported === undefined
        ? ['was asked to explain itself, and does not']
        : whatIsWrong(answer, reported, causalityOf(key));
    return wrong.map((what) => ({ key, message: `${id} at ${level} ${what}` }));
  });
  return [...findings, ...ballotTroubles(explanations)].map((finding) => {
    return { checker: 'explanations', ...finding };
  });
}

const BOUNDED = 'bounded-staleness';
const ENDED = ' (ended)';

function whatIsWrong(
  answer: ExplainedRequest,
  reported: ReportedExplanation,
  causality: Causality,
): string[] {
  const { courses, node } = reported;
  const [first] = courses;
  if (node !== answer.node || first?.node !== node) {
    return [`is explained by ${node}, and ${first?.node} began; ${answer.node} was asked`];
  }
  const wrong = [
    ...timeTroubles(answer, reported),
    ...courses.flatMap((course) => courseTroubles(answer, course)),
    ...courses.flatMap(decisionTroubles),
  ];
  // Where there was no room for all steps, those that are missing may be any.
  if (reported.left_out !== undefined) return wrong;
  const course = decidingCourse(answer, courses);
  const end = course && endOf(course);
  if (course === undefined || end === undefined) return [...wrong, 'reports no end of its course'];
  return [
    ...wrong,
    ...receiptTroubles(answer, end),
    ...levelTroubles(answer, course),
    ...supportTroubles(answer, reported, course),
    ...(answer.kind === 'read'
      ? readTroubles(answer, reported, course, causality)
      : writeTroubles(answer, course)),
  ];
}

/**
 * Each version that a replica is reported to hold is one that it said it holds. Only reads of the
 * usual kind are heard: what is heard beside a strong or a bounded one is of another that ends as
 * late.
 * A request may read several times; what it reports of its other reads they have heard.
 */
function heardTroubles(
  { heard }: ExplainedRequest,
  { course, steps }: ReportedCourse,
  others: readonly ReportedCourse[],
): string[] {
  if (course !== 'read') return [];
  const elsewhere = others.flatMap((other) => other.steps);
  return steps.flatMap((step) => {
    const { node, answer } = step;
    if (step.did !== 'ask' || answer?.versions === undefined) return [];
    const said = heard.filter((one) => one.node === node);
    if (said.some((one) => isReportOf(one, step))) return [];
    const open = said.filter((one) => !elsewhere.some((other) => isReportOf(one, other)));
    if (open.length === 0) return [];
    const text = answer.versions.join();
    const other = open.map(({ versions }) => versions.join()).join(' | ');
    return [`reports that ${node} holds ${text || 'nothing'}, and it said ${other || 'nothing'}`];
  });
}

/** Of many versions the first are reported, and how many more there are. */
function isReportOf(
  { node, versions }: ReportedVersions,
  { did, answer, ...step }: ReportedStep,
): boolean {
  if (did !== 'ask' || step.node !== node || answer?.versions === undefined) return false;
  const { versions: reported, versions_left_out: leftOut = 0 } = answer;
  const isAll = versions.length === reported.length + leftOut;
  return isAll && versions.slice(0, reported.length).join() === reported.join();
}

/** The course whose end is what was answered. */
function decidingCourse(
  { kind, level, node }: ExplainedRequest,
  courses: readonly ReportedCourse[],
): ReportedCourse | undefined {
  if (level === 'strong') {
    return courses.findLast((course) => {
      return course.course === 'strong' && course.node === node && course.operation === kind;
    });
  }
  if (kind === 'write') {
    return courses.findLast((course) => course.course === 'write' && endOf(course) !== undefined);
  }
  const name = level === BOUNDED ? 'bounded read' : 'read';
  return readsOf(courses).findLast((course) => {
    const isOfLevel = level === BOUNDED || course.levels?.some((one) => one.level === level);
    return course.course === name && isOfLevel && endOf(course) !== undefined;
  });
}

/** What a write of the same request reads, to resolve what was read, is none of its reads. */
function readsOf(courses: readonly ReportedCourse[]): readonly ReportedCourse[] {
  const write = courses.findLastIndex(isOfWrite);
  // Then it has read once more.
  const isOvertaken = courses[write]?.steps.at(-1)?.refused === 'version_changed';
  return write < 0 || isOvertaken ? courses : courses.slice(0, write);
}

function endOf({ steps }: ReportedCourse): ReportedStep | undefined {
  return steps.findLast(({ did }) => did === 'answer');
}

function receiptTroubles(answer: ExplainedRequest, end: ReportedStep): string[] {
  const { level, answered = answer.answered, asked = answer.asked } = end;
  const standIns = end.stand_ins ?? (level === 'strong' || level === BOUNDED ? answer.standIns : 0);
  const reported = `${level} by ${answered} of ${asked}, ${standIns} stand-ins`;
  const { level: held } = answer;
  const receipt = `${held} by ${answer.answered} of ${answer.asked}, ${answer.standIns} stand-ins`;
  return reported === receipt ? [] : [`reports ${reported}; its receipt says ${receipt}`];
}

/** What the level is reported to need is what it needs. */
function levelTroubles(answer: ExplainedRequest, { levels }: ReportedCourse): string[] {
  const { level, kind } = answer;
  const reported = levels?.find((one) => one.level === level);
  if (reported === undefined) return [];
  const textOf = (nodes: readonly string[], count: number): string =>
    `${count} of ${[...nodes].sort()}`;
  const needs = needsOf({ ...answer, isWrite: kind === 'write' });
  const due = needs.map(({ nodes, count }) => textOf(nodes, count)).sort();
  const said = reported.needs.map((need) => textOf(need.of, need.required)).sort();
  return due.join() === said.join() ? [] : [`reports that it needs ${said}; it needs ${due}`];
}

/** As many are reported to have answered as the receipt counts, and as the level needs. */
function supportTroubles(
  answer: ExplainedRequest,
  reported: ReportedExplanation,
  course: ReportedCourse,
): string[] {
  const { kind, level, answered, standIns } = answer;
  const nodes =
    level === 'strong' ? supportersOf(reported, course) : counted(kind, reported, course);
  if (nodes === undefined) return [];
  const wrong: string[] = [];
  if (nodes.length < answered) wrong.push(`counts ${answered}, and reports ${nodes}`);
  const behind = course.steps.filter((step) => step.answer?.held === true).length;
  const own = course.steps.filter((step) => step.did === 'ask stand-in' && step.answer).length;
  const isMinted = course.steps.some((step) => step.did === 'mint as stand-in');
  if (standIns > behind + own + (isMinted ? 1 : 0) && kind === 'read') {
    wrong.push(`counts ${standIns} stand-ins, and reports ${own}`);
  }
  if (answered === 0) return wrong;
  for (const need of needsOf({ ...answer, isWrite: kind === 'write' })) {
    const there = need.nodes.filter((node) => nodes.includes(node));
    if (there.length >= need.count) continue;
    wrong.push(`needs ${need.count} of ${need.nodes}, and reports ${there}`);
  }
  return wrong;
}

/** The owners that are reported to have answered; of a write: to hold it. */
function counted(
  kind: ExplainedRequest['kind'],
  { courses }: ReportedExplanation,
  course: ReportedCourse,
): string[] {
  if (kind === 'write') return storedAt(course);
  const wide = course.course === 'bounded read' ? wideOf(courses, course) : undefined;
  const asks = lastTry((wide ?? course).steps).filter(({ did }) => did === 'ask');
  return namesOf(asks.filter((step) => step.answer?.versions !== undefined));
}

/** A claim holds the write, too: who was away at first may take it with that. */
function storedAt({ steps }: ReportedCourse): string[] {
  const sent = steps.filter(({ did }) => ['store', 'copy'].includes(did));
  return namesOf(sent.filter((step) => step.answer?.stored === true));
}

function namesOf(steps: readonly ReportedStep[]): string[] {
  return [...new Set(steps.flatMap(({ node }) => node ?? []))];
}

/** The read that followed because one replica could not prove enough. */
function wideOf(
  courses: readonly ReportedCourse[],
  bounded: ReportedCourse,
): ReportedCourse | undefined {
  return courses.slice(courses.indexOf(bounded)).find(({ course, levels }) => {
    return course === 'read' && levels?.[0]?.level.startsWith(`${BOUNDED} of `);
  });
}

function lastTry(steps: readonly ReportedStep[]): readonly ReportedStep[] {
  return steps.slice(steps.findLastIndex(({ did }) => did === 'begin anew') + 1);
}

function readTroubles(
  answer: ExplainedRequest,
  { courses }: ReportedExplanation,
  course: ReportedCourse,
  causality: Causality,
): string[] {
  const { versions, ended } = answer;
  const wide = course.course === 'bounded read' ? wideOf(courses, course) : undefined;
  const source = wide ?? course;
  const others = courses.filter((one) => one !== source);
  const said = heardTroubles(answer, source, others);
  const merged = endOf(source);
  const isResolved = courses.slice(courses.indexOf(course)).some(isOfWrite);
  if (merged?.versions === undefined || merged.versions_left_out !== undefined) return said;
  const reported = new Set(merged.versions);
  const hidden = saidInTheLastRound(source).filter((version) => {
    return !causality.accountsFor(new Set<VersionName>(reported), version, ended);
  });
  const wrong = [...said, ...hidden.map((version) => `heard of ${version}, and leaves it out`)];
  if (isResolved) return wrong;
  const unshown = merged.versions.filter((version) => {
    const isShown = version.endsWith(ENDED) || versions.includes(version);
    return !isShown && !causality.mayBeGone(version, ended);
  });
  return [
    ...wrong,
    ...versions
      .filter((one) => !reported.has(one))
      .map((one) => `shows ${one}, and reports nothing of it`),
    ...unshown.map((version) => `reports ${version}, and does not show it`),
  ];
}

function isOfWrite({ course, operation }: ReportedCourse): boolean {
  return course === 'write' || operation === 'write';
}

/** Live versions that replicas said before it was repaired: what comes later has no part in it. */
function saidInTheLastRound({ steps }: ReportedCourse): string[] {
  const repairAt = steps.find(({ did }) => did === 'repair')?.at_ms ?? Number.POSITIVE_INFINITY;
  let round: ReportedStep[] = [];
  for (const step of lastTry(steps)) {
    if (step.did !== 'ask') continue;
    // Who is asked again is asked in another round.
    if (round.some(({ node }) => node === step.node)) round = [];
    round.push(step);
  }
  const said = round.flatMap(({ at_ms, took_ms = 0, answer }) => {
    return at_ms + took_ms > repairAt ? [] : (answer?.versions ?? []);
  });
  return said.filter((version) => !version.endsWith(ENDED));
}

function writeTroubles(
  { versions, witnesses, level, standIns }: ExplainedRequest,
  course: ReportedCourse,
): string[] {
  if (level === 'strong') return [];
  const minted = course.steps.find(({ did }) => did === 'minted')?.version;
  const [version] = versions;
  const wrong =
    minted === undefined || minted === version ? [] : [`is ${version}, and reports ${minted}`];
  const away = storedAt(course).filter((node) => !witnesses.includes(node));
  const targets = new Set(
    course.steps.flatMap((step) => (step.answer?.held === true ? (step.hint_for ?? []) : [])),
  );
  const isOwn = course.steps.some((step) => step.did === 'store' || step.did.startsWith('mint as'));
  return [
    ...wrong,
    ...away.map((node) => `reports that ${node} holds it, which does not`),
    ...(standIns > targets.size && !isOwn ? [`counts ${standIns} stand-ins: ${[...targets]}`] : []),
  ];
}
