/** A get: one full answer and fingerprints from the rest of R, merged, repaired (Dynamo 4.5). */
import { OperatingError } from '../errors.js';
import type { RecordKey } from '../persistence/records.js';
import type { PreferenceList } from '../replication/preference-list.js';
import { preferenceList, standIns } from '../replication/preference-list.js';
import { requiredOf } from '../replication/quorum.js';
import type { Siblings } from '../versioning/siblings.js';
import { liveVersions, mergeAll } from '../versioning/siblings.js';
import type { Collaborators } from './collaborators.js';
import type { ConsistencyLevel } from './consistency-level.js';
import { requirementsOf } from './consistency-level.js';
import { decodeRecord } from '../persistence/records.js';
import { HELD } from './messages.js';
import { copyOf } from './copy.js';
import { ReadRound } from './read-round.js';
import { compare, repairLater } from './repair-later.js';
import type { ReadRepair } from './request.js';
import { shareOfTime } from './share-of-time.js';
import { writeBack } from './write-back.js';

export interface Get {
  readonly at: RecordKey;
  /** The level, then its fallbacks. */
  readonly levels: readonly ConsistencyLevel[];
  /** On the monotonic clock. */
  readonly deadline: number;
  /** What the request says; undefined: by chance. */
  readonly readRepair: ReadRepair | undefined;
  readonly readRepairProbability: number;
}

export interface Got {
  /** Undefined: no record. */
  readonly merged: Siblings | undefined;
  readonly level: string;
  readonly answered: number;
  readonly asked: number;
  readonly standIns: number;
}

/**
 * Where a replica has dropped what was about to be answered, all is asked again (R5).
 * @throws OperatingError `level_not_reached`, `deadline_passed`, `invalid_level`
 */
export async function get(collaborators: Collaborators, request: Get): Promise<Got> {
  for (;;) {
    const got = await getOnce(collaborators, request);
    if (got !== 'overtaken') return got;
    collaborators.observer.count('quorate_reads_begun_anew_total');
  }
}

async function getOnce(collaborators: Collaborators, request: Get): Promise<Got | 'overtaken'> {
  const { at, levels, deadline } = request;
  const list = preferenceList(collaborators.ring(), at.partition, collaborators.view);
  const durable = levels.some((level) => level.row.repairs(list) !== undefined);
  const round = new ReadRound(collaborators, {
    at,
    list,
    deadline,
    durable,
    first: 'full',
    others: 'fingerprint',
  });
  // Levels that this key can never meet are refused before anybody is asked.
  const ladder = levels.map((level) => ({ level, requirements: requirementsOf(level, list) }));
  for (const [i, { level, requirements }] of ladder.entries()) {
    const until = shareOfTime(collaborators.clock, deadline, ladder.length - 1 - i);
    if ((await round.reach(requirements, until)) !== 'reached') continue;
    const got = await read(collaborators, request, { level, list, round });
    if (got !== undefined) return got;
  }
  const held = await fromStandIns(collaborators, request, list);
  if (held !== undefined) return held;
  throw notReached(collaborators, request, list, round.answered);
}

interface Reached {
  readonly level: ConsistencyLevel;
  readonly list: PreferenceList;
  readonly round: ReadRound;
}

/** What the answers come to; undefined where the level's promise failed after all. */
async function read(
  collaborators: Collaborators,
  request: Get,
  { level, list, round }: Reached,
): Promise<Got | 'overtaken' | undefined> {
  const { at, deadline } = request;
  const { expiryClock } = collaborators;
  // Nearly always: what need not be waited for is not awaited, here and below.
  let whole = round.isWhole ? round : await inFull(collaborators, request, level, list);
  if (whole === undefined) return undefined;
  const repairs = level.row.repairs(list);
  if (repairs === undefined && liveVersions(whole.merged(), expiryClock.now()).length === 0) {
    // A miss is a claim: the other primaries are asked first.
    whole = await exhausted(collaborators, request, list, whole);
    if (whole === undefined) return undefined;
  }
  // Taken together: who answers from here on has no part in what is answered.
  const merged = whole.merged();
  const { answered } = whole;
  const awaited = request.readRepair === 'await';
  const promises = repairs !== undefined || awaited;
  if (merged !== undefined && promises && !whole.isHeldBy(repairs ?? [])) {
    const { copies } = whole;
    const mode = 'foreground';
    const back = { at, list, merged, copies, mode, promised: awaited, deadline } as const;
    const written = writeBack(collaborators, back, repairs ?? []);
    const outcome = await written.outcome;
    if (outcome !== 'reached') return outcome === 'overtaken' ? outcome : undefined;
    if (awaited) await written.settled;
  }
  if (isRepairedAfterwards(collaborators, request)) {
    await repairAfterwards(collaborators, request, list);
  }
  return { merged, level: level.name, answered, asked: list.primaries.length, standIns: 0 };
}

function isRepairedAfterwards(
  { random }: Collaborators,
  { readRepair, readRepairProbability }: Get,
): boolean {
  if (readRepair === undefined) return random.fraction() < readRepairProbability;
  return readRepair === 'async';
}

/** What was promised and finds no room to wait is done now: the reader pays, nothing is dropped. */
async function repairAfterwards(
  collaborators: Collaborators,
  { at, deadline, readRepair }: Get,
  list: PreferenceList,
): Promise<void> {
  const repair = { at, list, promised: readRepair === 'async' };
  if (!repairLater(collaborators, repair)) await compare(collaborators, repair, deadline);
}

/**
 * All primaries that are up have said what they hold, in full. Undefined where one that said that
 * it holds something did not say what: then nobody may say that there is nothing.
 */
async function exhausted(
  collaborators: Collaborators,
  request: Get,
  list: PreferenceList,
  round: ReadRound,
): Promise<ReadRound | undefined> {
  await round.exhaust();
  if (round.isWhole) return round;
  const full = roundInFull(collaborators, request, list, false);
  await full.exhaust();
  const silent = round.copies.some(
    ({ node, fingerprint }) => fingerprint !== '' && copyOf(full.copies, node) === undefined,
  );
  return silent ? undefined : full;
}

/** A second round, of whole records: the first has met a state by its fingerprint alone. */
async function inFull(
  collaborators: Collaborators,
  request: Get,
  level: ConsistencyLevel,
  list: PreferenceList,
): Promise<ReadRound | undefined> {
  const full = roundInFull(collaborators, request, list, level.row.repairs(list) !== undefined);
  const state = await full.reach(requirementsOf(level, list));
  return state === 'reached' ? full : undefined;
}

function roundInFull(
  collaborators: Collaborators,
  { at, deadline }: Get,
  list: PreferenceList,
  durable: boolean,
): ReadRound {
  const want = 'full';
  return new ReadRound(collaborators, { at, list, deadline, durable, first: want, others: want });
}

/** At `eventual`, where no primary can be reached: what stand-ins hold for them. */
async function fromStandIns(
  collaborators: Collaborators,
  { at, levels, deadline }: Get,
  list: PreferenceList,
): Promise<Got | undefined> {
  const level = levels.find(({ row }) => row.sloppyWrites);
  if (level === undefined || list.primaries.some(({ up }) => up)) return undefined;
  const { hints, messenger, view } = collaborators;
  const owners = list.primaries.map(({ node }) => node);
  const { namespace, key } = at;
  const answers = await Promise.allSettled(
    standIns(collaborators.ring(), at.partition, view).map(async (node) => {
      if (node === view.self) return hints.heldFor(at, owners);
      const { record } = await messenger.request(node, HELD, { namespace, key }, deadline);
      return record === null ? undefined : decodeRecord(at, record);
    }),
  );
  const held = answers.flatMap((answer) =>
    answer.status === 'rejected' || answer.value === undefined ? [] : [answer.value],
  );
  const merged = mergeAll(held);
  if (merged === undefined) return undefined;
  return {
    merged,
    level: level.name,
    answered: 0,
    asked: list.primaries.length,
    standIns: held.length,
  };
}

function notReached(
  { clock }: Collaborators,
  { levels, deadline }: Get,
  list: PreferenceList,
  received: number,
): OperatingError {
  const required = requiredOf(levels[0]?.row.requires(list) ?? []);
  const up = list.primaries.filter((primary) => primary.up).length;
  const details = { required, received, replicas: list.primaries.length, up };
  if (clock.monotonicMilliseconds() >= deadline) {
    return new OperatingError('deadline_passed', 'too few replicas answered in time', { details });
  }
  return new OperatingError('level_not_reached', 'too few replicas answered', { details });
}
