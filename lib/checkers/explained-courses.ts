/** What each course of an explained answer tells: when, by which plan, and who was asked. */
import type { ExplainedRequest, ToldCourse, ToldExplanation } from './explained-request.js';

/** Numbers are rounded to thousandths. */
const TOLERANCE_MILLISECONDS = 0.01;

export function timeTroubles(
  { took }: ExplainedRequest,
  { took_ms, courses }: ToldExplanation,
): string[] {
  if (took_ms > took + TOLERANCE_MILLISECONDS) return [`took ${took} ms, and tells ${took_ms}`];
  return courses.flatMap(({ steps }) => {
    const isOrdered = steps.every((step, i) => step.at_ms >= (steps[i - 1]?.at_ms ?? 0));
    return isOrdered ? [] : ['tells steps that are not in order'];
  });
}

export function courseTroubles(answer: ExplainedRequest, course: ToldCourse): string[] {
  return [...planTroubles(answer, course), ...askedTroubles(answer, course)];
}

/** The owners are those of the ring, and who stands in for them is none. */
function planTroubles({ primaries }: ExplainedRequest, { plan, node: self }: ToldCourse): string[] {
  if (plan === undefined) return [];
  const owners = plan.owners.map(({ node, zone }) => `${node} ${zone}`).sort();
  const known = primaries.map(({ node, zone }) => `${node} ${zone}`).sort();
  if (owners.join() !== known.join()) return [`tells of the owners ${owners}; they are ${known}`];
  const isOwner = (node: string): boolean => primaries.some((primary) => primary.node === node);
  const strangers = plan.order.filter((node) => !isOwner(node));
  // A coordinator holds hints itself where nobody else can.
  const doubles = plan.stand_ins.filter((node) => isOwner(node) && node !== self);
  return [
    ...strangers.map((node) => `tells that ${node} is asked, which is no owner`),
    ...doubles.map((node) => `tells that ${node} stands in, which is an owner`),
  ];
}

/** What is asked of owners alone. */
const OF_OWNERS: ReadonlySet<string> = new Set([
  ...['ask', 'copy', 'store', 'claim', 'repair', 'prepare', 'activate', 'check', 'accept'],
]);

function askedTroubles(
  { primaries, kind, witnesses }: ExplainedRequest,
  { steps, course }: ToldCourse,
): string[] {
  const owners = primaries.map(({ node }) => node);
  return steps.flatMap(({ did, node = '', answer, hint_for: target }) => {
    if (OF_OWNERS.has(did) && !owners.includes(node)) return [`tells ${did} of ${node}, no owner`];
    if (did === 'ask stand-in' && owners.includes(node)) return [`tells that ${node} stands in`];
    if (target !== undefined && !owners.includes(target)) return [`tells of a hint for ${target}`];
    if (did !== 'ask' || course === 'list' || answer?.versions === undefined) return [];
    if (kind === 'read' && !witnesses.includes(node)) {
      return [`tells what ${node} holds, which has not looked`];
    }
    return [];
  });
}
