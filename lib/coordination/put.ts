/** A put: minted at one primary, sent whole to the others, answered when W hold it (Dynamo 4.5). */
import { OperatingError } from '../errors.js';
import type { Intent } from '../persistence/intent.js';
import type { Minted } from '../persistence/replica.js';
import type { PreferenceList } from '../replication/preference-list.js';
import { preferenceList } from '../replication/preference-list.js';
import type { Context } from '../versioning/context.js';
import { dotText } from '../versioning/dot.js';
import { find, NO_SIBLINGS, type Siblings } from '../versioning/siblings.js';
import { byDeadline } from './by-deadline.js';
import type { Collaborators } from './collaborators.js';
import { isPossible, requirementsOf } from './consistency-level.js';
import { forward } from './forward.js';
import type { WireAuditEntry } from './messages.js';
import type { Put, PutResult } from './put-request.js';
import { ReadRound, type ReadRoundOptions } from './read-round.js';
import { auditIn, putAtFirst, resolvesOf } from './resolving.js';
import { holdFor, holdersOf } from './hold.js';
import { clockObstacle, notReached, type Rung, tooLate, unknownOutcome } from './put-refusals.js';
import { shareOfTime } from './share-of-time.js';
import { sendCopy } from './send-copy.js';
import { countedIn } from './counted.js';
import type { Stored } from './send-copy.js';
import { WriteRound } from './write-round.js';

/**
 * @throws OperatingError `siblings`, `level_not_reached` (nothing happened), `outcome_unknown` and
 * `deadline_passed` (it may surface later), `context_too_large`, `overloaded`, `read_only`,
 * `storage_failed`, `clock_not_sane`
 */
export async function put(collaborators: Collaborators, request: Put): Promise<PutResult> {
  const { at, levels, zone } = request;
  const { self } = collaborators.view;
  const { primaries } = preferenceList(collaborators.ring(), at.partition, collaborators.view);
  const list = { primaries, zone };
  const ladder = levels.map((level) => ({ level, requirements: requirementsOf(level, list) }));

  const resolved = await putAtFirst(collaborators, request, list);
  if (resolved !== undefined) return resolved;
  if (!list.primaries.some(({ node }) => node === self)) {
    return putElsewhere(collaborators, request, list, ladder);
  }
  const { store, health, minter } = collaborators;
  const clock = clockObstacle(collaborators, request);
  const unfit = store.refusal ?? minter.obstacle ?? health.obstacle(at.partition) ?? clock;
  if (unfit !== undefined) return putDespite(collaborators, request, list, unfit);
  const possible = ladder.filter(({ requirements }) => isPossible(requirements, list));
  if (possible.length === 0) throw notReached(ladder, list);

  const { met, rungs } = await askVersions(collaborators, request, list, possible);
  let sent: Sent;
  try {
    sent = mintAndSend(collaborators, request, list, met);
  } catch (error) {
    // The very look at the record has shown that it is damaged: nothing was minted.
    if (!(error instanceof OperatingError) || error.code !== 'rebuilding') throw error;
    return putDespite(collaborators, request, list, error);
  }
  const { write, minted } = sent;
  const { version, writtenAt, seen, replaced } = minted;
  for (const [i, { level, requirements }] of rungs.entries()) {
    const until = shareOfTime(collaborators.clock, request.deadline, rungs.length - 1 - i);
    if ((await write.reach(requirements, until)) !== 'reached') continue;
    const { stored: answered, standIns } = write;
    const asked = list.primaries.length;
    return { version, writtenAt, seen, replaced, level: level.name, answered, asked, standIns };
  }
  throw unknownOutcome(collaborators, request, rungs, write.stored);
}

/** A primary that cannot mint passes the request on, or says why; it stands in for nobody. */
async function putDespite(
  collaborators: Collaborators,
  request: Put,
  list: PreferenceList,
  unfit: OperatingError,
): Promise<PutResult> {
  if (request.forwarded) throw unfit;
  const { self } = collaborators.view;
  const primaries = list.primaries.filter(({ node }) => node !== self);
  const result = await forward(collaborators, request, { ...list, primaries });
  if (result === undefined) throw unfit;
  return result;
}

/** No primary: pass it on, or, with nobody left at a sloppy level, stand in. */
async function putElsewhere(
  collaborators: Collaborators,
  request: Put,
  list: PreferenceList,
  ladder: readonly Rung[],
): Promise<PutResult> {
  if (request.forwarded) {
    throw new OperatingError(
      'wrong_epoch',
      'the request was passed on to a node that is no primary',
    );
  }
  if (list.primaries.some(({ up }) => up)) {
    const result = await forward(collaborators, request, list);
    if (result !== undefined) return result;
  }
  const sloppy = ladder.find(({ level }) => level.row.sloppyWrites);
  if (sloppy === undefined) throw notReached(ladder, list);
  const owners = list.primaries.map(({ node }) => node);
  const { value, committed } = collaborators.hints.mint(
    request.at,
    owners,
    intentOf(collaborators, request, undefined),
    request.durability,
  );
  await byDeadline(collaborators.clock, committed, request.deadline);
  const asked = list.primaries.length;
  const level = sloppy.level.name;
  return { ...answerOf(value), level, answered: 0, asked, standIns: 1 };
}

interface Asked {
  /** Undefined: nobody was asked. */
  readonly met: Siblings | undefined;
  /** The levels that may still be claimed: the one at which was asked, and those below it. */
  readonly rungs: readonly Rung[];
}

/**
 * A write without a context replaces what is there, and one that keeps the time to live must know
 * it. At quorum and stronger they ask first what that is, in small messages without values; what
 * two blind writes do at once stays as siblings.
 */
async function askVersions(
  collaborators: Collaborators,
  { at, seen, change, deadline }: Put,
  list: PreferenceList,
  ladder: readonly Rung[],
): Promise<Asked> {
  const keepsEnd = change.state === 'value' && change.ttlSeconds === 'keep';
  if (seen !== undefined && !keepsEnd) return { met: undefined, rungs: ladder };
  for (const [i, rung] of ladder.entries()) {
    const rungs = ladder.slice(i);
    if (rung.level.row.repairs(list) === undefined) return { met: undefined, rungs };
    const until = shareOfTime(collaborators.clock, deadline, ladder.length - 1 - i);
    const asks = { at, list, durable: false, deadline: until };
    const round = await versionsAt(collaborators, asks, rung);
    if (round !== undefined) return { met: round.merged() ?? NO_SIBLINGS, rungs };
    if (collaborators.clock.monotonicMilliseconds() >= deadline) throw tooLate(ladder, list);
  }
  throw notReached(ladder, list);
}

/** Mostly this replica holds what the others hold, and their fingerprints say so. */
const WANTS = ['fingerprint', 'versions'] as const;

async function versionsAt(
  collaborators: Collaborators,
  { at, list, durable, deadline }: Pick<ReadRoundOptions, 'at' | 'list' | 'durable' | 'deadline'>,
  { requirements }: Rung,
): Promise<ReadRound | undefined> {
  for (const others of WANTS) {
    const first = others === 'fingerprint' ? 'full' : others;
    const round = new ReadRound(collaborators, { at, list, durable, deadline, first, others });
    if ((await round.reach(requirements)) !== 'reached') return undefined;
    if (others === 'versions' || round.isWhole) return round;
  }
  return undefined;
}

interface Sent {
  readonly write: WriteRound;
  readonly minted: {
    readonly version: string;
    readonly writtenAt: number;
    readonly seen: Context;
    readonly replaced: readonly string[];
  };
}

/** One transaction here; at the same time the whole state leaves for the other primaries. */
function mintAndSend(
  collaborators: Collaborators,
  request: Put,
  list: PreferenceList,
  met: Siblings | undefined,
): Sent {
  const { hints, replica, ring, view, clock, health, identity } = collaborators;
  const { at, durability, deadline } = request;
  const absent = list.primaries.filter(({ up }) => !up).map(({ node }) => node);
  const holders = holdersOf(absent, ring(), at.partition, view);
  const ownHints = holders.filter(
    ({ holder, target }) => holder === view.self && hints.admit(target),
  );
  const intent = intentOf(collaborators, request, met);
  const { start } = identity;
  let audit: WireAuditEntry | undefined;
  const { value, committed } = replica.mint(at, intent, durability, (transaction, minted) => {
    for (const { target } of ownHints) hints.holdIn(transaction, target, at, minted.bytes, false);
    audit = auditIn(collaborators, transaction, request, minted);
  });
  const write = new WriteRound(clock, countedIn(collaborators, at.partition, []));
  const hold = (holder: string, target: string): void => {
    holdFor(collaborators, { holder, target, at, record: value.bytes, durability }, (held) => {
      if (held) write.hold();
    });
  };
  for (const { node, up } of list.primaries) {
    if (node === view.self) continue;
    if (!up) {
      write.fail(node);
      continue;
    }
    const settle = (stored: Stored | undefined): void => {
      write.settle(node, stored);
      if (stored === undefined) hold(view.self, node);
    };
    sendCopy(collaborators, node, at, value.bytes, durability, deadline, settle, audit);
  }
  for (const { target, holder } of holders) if (holder !== view.self) hold(holder, target);
  committed.then(
    () => {
      for (const _ of ownHints) write.hold();
      write.settle(view.self, health.isRebuilding(at.partition) ? undefined : { start });
    },
    () => write.fail(view.self),
  );
  return { write, minted: answerOf(value) };
}

function intentOf(
  { ring }: Collaborators,
  { change, seen, overwriteSiblings, resolving }: Put,
  met: Siblings | undefined,
): Intent {
  const resolves = resolvesOf(resolving);
  return { change, seen, met, overwriteSiblings, resolves, epoch: ring().epoch };
}

function answerOf({ dot, siblings, seen, replaced }: Minted): Sent['minted'] {
  const writtenAt = find(siblings, dot)?.writtenAt ?? 0;
  return { version: dotText(dot), writtenAt, seen, replaced };
}
