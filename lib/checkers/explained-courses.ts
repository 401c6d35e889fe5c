/** What each course of an explained answer reports: when, by which plan, and who was asked. */
import type { ExplainedRequest, ReportedCourse, ReportedExplanation } from './explained-request.js';

/** Numbers are rounded to thousandths. */
const TOLERANCE_MILLISECONDS = 0.01;

export function timeTroubles(
  { took }: ExplainedRequest,
  { took_ms, courses }: ReportedExplanation,
): string[] {
  if (took_ms > took + TOLERANCE_MILLISECONDS) return [`took ${took} ms, and reports ${took_ms}`];
  return courses.flatMap(({ steps }) => {
    const isOrdered = steps.every((step, i) => step.at_ms >= (steps[i - 1]?.at_ms ?? 0));
    return isOrdered ? [] : ['reports steps that are not in order'];
  });
}

export function courseTroubles(answer: ExplainedRequest, course: ReportedCourse): string[] {
  return [...planTroubles(answer, course), ...askedTroubles(answer, course)];
}

/** The owners are those of the ring, and who stands in for them is none. */
function planTroubles(
  { primaries }: ExplainedRequest,
  { plan, node: self }: ReportedCourse,
): string[] {
  if (plan === undefined) return [];
  const owners = plan.owners.map(({ node, zone }) => `${node} ${zone}`).sort();
  const known = primaries.map(({ node, zone }) => `${node} ${zone}`).sort();
  if (owners.join() !== known.join()) return [`reports the owners ${owners}; they are ${known}`];
  const isOwner = (node: string): boolean => primaries.some((primary) => primary.node === node);
  const strangers = plan.order.filter((node) => !isOwner(node));
  // A coordinator holds hints itself where nobody else can.
  const doubles = plan.stand_ins.filter((node) => isOwner(node) && node !== self);
  return [
    ...strangers.map((node) => `reports that ${node} is asked, which is no owner`),
    ...doubles.map((node) => `reports that ${node} stands in, which is an owner`),
  ];
}

/** What is asked of owners alone. */
const OF_OWNERS: ReadonlySet<string> = new Set([
  ...['ask', 'copy', 'store', 'claim', 'repair', 'prepare', 'activate', 'check', 'accept'],
]);

function askedTroubles(
  { primaries, kind, witnesses }: ExplainedRequest,
  { steps, course }: ReportedCourse,
): string[] {
  const owners = primaries.map(({ node }) => node);
  return steps.flatMap(({ did, node = '', answer, hint_for: target }) => {
    if (OF_OWNERS.has(did) && !owners.includes(node))
      return [`reports ${did} of ${node}, no owner`];
    if (did === 'ask stand-in' && owners.includes(node)) return [`reports that ${node} stands in`];
    if (target !== undefined && !owners.includes(target)) return [`reports a hint for ${target}`];
    if (did !== 'ask' || course === 'list' || answer?.versions === undefined) return [];
    if (kind === 'read' && !witnesses.includes(node)) {
      return [`reports what ${node} holds, which has not looked`];
    }
    return [];
  });
}
