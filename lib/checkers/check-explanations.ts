/**
 * Forbids that an explained answer tells of another course than it can have had: another plan or
 * level, replicas that were not asked, fewer answers than its receipt counts, versions that nobody
 * said or that were left out, ballots that contradict each other.
 */
import { Causality } from './causality.js';
import { courseTroubles, timeTroubles } from './explained-courses.js';
import { ballotTroubles, decisionTroubles, supportersOf } from './explained-decisions.js';
import type {
  ToldExplanation,
  ExplainedRequest,
  ToldCourse,
  ToldStep,
  ToldVersions,
} from './explained-request.js';
import type { Finding, History, VersionName } from './history.js';
import { needsOf } from './level-needs.js';

export function checkExplanations({ writes, explanations = [] }: History): Finding[] {
  const causalityOf = Causality.byKey(writes);
  const findings = explanations.flatMap((answer) => {
    const { id, key, told, level } = answer;
    const wrong =
      told === undefined
        ? ['was asked to explain itself, and does not']
        : whatIsWrong(answer, told, causalityOf(key));
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
  told: ToldExplanation,
  causality: Causality,
): string[] {
  const { courses, node } = told;
  const [first] = courses;
  if (node !== answer.node || first?.node !== node) {
    return [`is explained by ${node}, and ${first?.node} began; ${answer.node} was asked`];
  }
  const wrong = [
    ...timeTroubles(answer, told),
    ...courses.flatMap((course) => courseTroubles(answer, course)),
    ...courses.flatMap(decisionTroubles),
  ];
  // Where there was no room for all steps, those that are missing may be any.
  if (told.left_out !== undefined) return wrong;
  const course = decidingCourse(answer, courses);
  const end = course && endOf(course);
  if (course === undefined || end === undefined) return [...wrong, 'tells no end of its course'];
  return [
    ...wrong,
    ...receiptTroubles(answer, end),
    ...levelTroubles(answer, course),
    ...supportTroubles(answer, told, course),
    ...(answer.kind === 'read'
      ? readTroubles(answer, told, course, causality)
      : writeTroubles(answer, course)),
  ];
}

/**
 * Each version that a replica is told to hold is one that it said it holds. Only reads of the usual
 * kind are heard: what is heard beside a strong or a bounded one is of another that ends as late.
 * A request may read several times; what it tells of its other reads they have heard.
 */
function heardTroubles(
  { heard }: ExplainedRequest,
  { course, steps }: ToldCourse,
  others: readonly ToldCourse[],
): string[] {
  if (course !== 'read') return [];
  const elsewhere = others.flatMap((other) => other.steps);
  return steps.flatMap((step) => {
    const { node, answer } = step;
    if (step.did !== 'ask' || answer?.versions === undefined) return [];
    const said = heard.filter((one) => one.node === node);
    if (said.some((one) => isTold(one, step))) return [];
    const open = said.filter((one) => !elsewhere.some((other) => isTold(one, other)));
    if (open.length === 0) return [];
    const text = answer.versions.join();
    const other = open.map(({ versions }) => versions.join()).join(' | ');
    return [`tells that ${node} holds ${text || 'nothing'}, and it said ${other || 'nothing'}`];
  });
}

/** Of many versions the first are told, and how many more there are. */
function isTold({ node, versions }: ToldVersions, { did, answer, ...step }: ToldStep): boolean {
  if (did !== 'ask' || step.node !== node || answer?.versions === undefined) return false;
  const { versions: told, versions_left_out: leftOut = 0 } = answer;
  const isAll = versions.length === told.length + leftOut;
  return isAll && versions.slice(0, told.length).join() === told.join();
}

/** The course whose end is what was answered. */
function decidingCourse(
  { kind, level, node }: ExplainedRequest,
  courses: readonly ToldCourse[],
): ToldCourse | undefined {
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
function readsOf(courses: readonly ToldCourse[]): readonly ToldCourse[] {
  const write = courses.findLastIndex(isOfWrite);
  // Then it has read once more.
  const isOvertaken = courses[write]?.steps.at(-1)?.refused === 'version_changed';
  return write < 0 || isOvertaken ? courses : courses.slice(0, write);
}

function endOf({ steps }: ToldCourse): ToldStep | undefined {
  return steps.findLast(({ did }) => did === 'answer');
}

function receiptTroubles(answer: ExplainedRequest, end: ToldStep): string[] {
  const { level, answered = answer.answered, asked = answer.asked } = end;
  const standIns = end.stand_ins ?? (level === 'strong' || level === BOUNDED ? answer.standIns : 0);
  const told = `${level} by ${answered} of ${asked}, ${standIns} stand-ins`;
  const { level: held } = answer;
  const receipt = `${held} by ${answer.answered} of ${answer.asked}, ${answer.standIns} stand-ins`;
  return told === receipt ? [] : [`tells ${told}; its receipt says ${receipt}`];
}

/** What the level is told to need is what it needs. */
function levelTroubles(answer: ExplainedRequest, { levels }: ToldCourse): string[] {
  const { level, kind } = answer;
  const told = levels?.find((one) => one.level === level);
  if (told === undefined) return [];
  const textOf = (nodes: readonly string[], count: number): string =>
    `${count} of ${[...nodes].sort()}`;
  const needs = needsOf({ ...answer, isWrite: kind === 'write' });
  const due = needs.map(({ nodes, count }) => textOf(nodes, count)).sort();
  const said = told.needs.map((need) => textOf(need.of, need.required)).sort();
  return due.join() === said.join() ? [] : [`tells that it needs ${said}; it needs ${due}`];
}

/** As many are told to have answered as the receipt counts, and as the level needs. */
function supportTroubles(
  answer: ExplainedRequest,
  told: ToldExplanation,
  course: ToldCourse,
): string[] {
  const { kind, level, answered, standIns } = answer;
  const nodes = level === 'strong' ? supportersOf(told, course) : counted(kind, told, course);
  if (nodes === undefined) return [];
  const wrong: string[] = [];
  if (nodes.length < answered) wrong.push(`counts ${answered}, and tells of ${nodes}`);
  const behind = course.steps.filter((step) => step.answer?.held === true).length;
  const own = course.steps.filter((step) => step.did === 'ask stand-in' && step.answer).length;
  const isMinted = course.steps.some((step) => step.did === 'mint as stand-in');
  if (standIns > behind + own + (isMinted ? 1 : 0) && kind === 'read') {
    wrong.push(`counts ${standIns} stand-ins, and tells of ${own}`);
  }
  if (answered === 0) return wrong;
  for (const need of needsOf({ ...answer, isWrite: kind === 'write' })) {
    const there = need.nodes.filter((node) => nodes.includes(node));
    if (there.length >= need.count) continue;
    wrong.push(`needs ${need.count} of ${need.nodes}, and tells of ${there}`);
  }
  return wrong;
}

/** The owners that are told to have answered; of a write: to hold it. */
function counted(
  kind: ExplainedRequest['kind'],
  { courses }: ToldExplanation,
  course: ToldCourse,
): string[] {
  if (kind === 'write') return storedAt(course);
  const wide = course.course === 'bounded read' ? wideOf(courses, course) : undefined;
  const asks = lastTry((wide ?? course).steps).filter(({ did }) => did === 'ask');
  return namesOf(asks.filter((step) => step.answer?.versions !== undefined));
}

function storedAt({ steps }: ToldCourse): string[] {
  const sent = steps.filter(({ did, sent }) => ['store', 'copy'].includes(did) && !sent);
  return namesOf(sent.filter((step) => step.answer?.stored === true));
}

function namesOf(steps: readonly ToldStep[]): string[] {
  return [...new Set(steps.flatMap(({ node }) => node ?? []))];
}

/** The read that followed because one replica could not prove enough. */
function wideOf(courses: readonly ToldCourse[], bounded: ToldCourse): ToldCourse | undefined {
  return courses.slice(courses.indexOf(bounded)).find(({ course, levels }) => {
    return course === 'read' && levels?.[0]?.level.startsWith(`${BOUNDED} of `);
  });
}

function lastTry(steps: readonly ToldStep[]): readonly ToldStep[] {
  return steps.slice(steps.findLastIndex(({ did }) => did === 'begin anew') + 1);
}

function readTroubles(
  answer: ExplainedRequest,
  { courses }: ToldExplanation,
  course: ToldCourse,
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
  const told = new Set(merged.versions);
  const hidden = saidInTheLastRound(source).filter((version) => {
    return !causality.accountsFor(new Set<VersionName>(told), version, ended);
  });
  const wrong = [...said, ...hidden.map((version) => `was told of ${version}, and leaves it out`)];
  if (isResolved) return wrong;
  const unshown = merged.versions.filter((version) => {
    const isShown = version.endsWith(ENDED) || versions.includes(version);
    return !isShown && !causality.mayBeGone(version, ended);
  });
  return [
    ...wrong,
    ...versions
      .filter((one) => !told.has(one))
      .map((one) => `shows ${one}, and tells nothing of it`),
    ...unshown.map((version) => `tells of ${version}, and does not show it`),
  ];
}

function isOfWrite({ course, operation }: ToldCourse): boolean {
  return course === 'write' || operation === 'write';
}

/** Live versions that replicas said before it was repaired: what comes later has no part in it. */
function saidInTheLastRound({ steps }: ToldCourse): string[] {
  const repairAt = steps.find(({ did }) => did === 'repair')?.at_ms ?? Number.POSITIVE_INFINITY;
  let round: ToldStep[] = [];
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
  course: ToldCourse,
): string[] {
  if (level === 'strong') return [];
  const minted = course.steps.find(({ did }) => did === 'minted')?.version;
  const [version] = versions;
  const wrong =
    minted === undefined || minted === version ? [] : [`is ${version}, and tells ${minted}`];
  const away = storedAt(course).filter((node) => !witnesses.includes(node));
  const targets = new Set(
    course.steps.flatMap((step) => (step.answer?.held === true ? (step.hint_for ?? []) : [])),
  );
  const isOwn = course.steps.some((step) => step.did === 'store' || step.did.startsWith('mint as'));
  return [
    ...wrong,
    ...away.map((node) => `tells that ${node} holds it, which does not`),
    ...(standIns > targets.size && !isOwn ? [`counts ${standIns} stand-ins: ${[...targets]}`] : []),
  ];
}
