/** The versions of a key: what it holds now, and what is kept of its past. */
import { type Dot, dotText, sameDot } from '../../versioning/dot.js';
import type { GetAnswer, VersionsAnswer } from '../request/request.js';
import type { Histories, HistoryQuery } from './history.js';

/** @throws OperatingError as `Histories` */
export async function allVersions(
  history: Histories,
  answer: GetAnswer,
  look: HistoryQuery,
): Promise<VersionsAnswer> {
  const kept = await history.keptVersionsOf(look);
  const current = new Set(answer.siblings.map(({ dot }) => dotText(dot)));
  return { ...answer, kept: kept.filter(({ version }) => !current.has(version)) };
}

/** @throws OperatingError as `Histories` */
export async function oneVersion(
  history: Histories,
  dot: Dot,
  answer: GetAnswer,
  look: HistoryQuery,
): Promise<GetAnswer> {
  const current = answer.siblings.filter((version) => sameDot(version.dot, dot));
  const one = { ...answer, context: undefined, place: undefined };
  if (current.length > 0) return { ...one, siblings: current };
  const kept = await history.keptVersionOf(look, dotText(dot));
  const version = { dot, state: 'value', expiresAt: undefined } as const;
  return { ...one, siblings: kept === undefined ? [] : [{ ...kept, ...version }] };
}
