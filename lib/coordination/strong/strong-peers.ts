/** What a coordinator of the strong level asks the owners of a key, here and elsewhere. */
import type { Clock } from '../../environment/clock.js';
import type { NodeId } from '../../environment/transport.js';
import type { ReadReport } from '../../consensus/strong-read.js';
import { OperatingError, withOutcome } from '../../errors.js';
import type { Ownership } from '../../partitioning/ownership.js';
import { placeOf, type RecordKey } from '../../persistence/keyspace.js';
import { decodeRecord } from '../../persistence/records.js';
import type { Losses } from '../../replica/losses.js';
import type { Hedging } from '../../replication/hedging.js';
import type { Messenger } from '../../rpc/messenger.js';
import type { PeerAnswer } from '../../rpc/slots.js';
import type { KnownProposers } from './known-proposers.js';
import { ASK, type AskReply } from './proposal-layouts.js';
import { ProposalWire } from './proposal-wire.js';
import { PROPOSE, type Proposed } from './propose-layout.js';
import type { Handled } from './strong-effects.js';
import type { Forwarded, StrongRequest } from './strong-intent.js';
import type { StrongReports } from './strong-reports.js';
import { StrongWire } from './strong-wire.js';

export interface StrongPeersOptions {
  readonly self: NodeId;
  readonly reports: StrongReports;
  readonly known: KnownProposers;
  readonly messenger: Messenger;
  readonly losses: Losses;
  readonly ownership: Ownership;
  readonly hedging: Hedging;
  readonly clock: Clock;
}

export class StrongPeers {
  readonly #options: StrongPeersOptions;

  constructor(options: StrongPeersOptions) {
    this.#options = options;
  }

  /** What does it hold of the key? `settle` is called once, later; undefined: it does not say. */
  ask(
    node: NodeId,
    { at, deadline }: Pick<StrongRequest, 'at' | 'deadline'>,
    settle: (report: ReadReport | undefined, why?: OperatingError) => void,
  ): void {
    const { self, reports, messenger, hedging, clock } = this.#options;
    if (node === self) {
      reports.own(at).then(settle, (error: unknown) => {
        if (!(error instanceof OperatingError)) throw error;
        settle(undefined, error);
      });
      return;
    }
    const { namespace, key } = at;
    const since = clock.monotonicMilliseconds();
    messenger.ask(node, ASK, { namespace, key }, deadline, (answer) => {
      if (!answer.ok) {
        settle(undefined, answer.error);
        return;
      }
      hedging.note(node, since);
      settle(this.#reportOf(node, at, answer.reply));
    });
  }

  /** `settle` is called once, later; with an error where nobody knows, or nothing happened. */
  propose(
    node: NodeId,
    request: StrongRequest,
    how: Forwarded,
    settle: (handled: Handled | OperatingError) => void,
  ): void {
    const { messenger, known } = this.#options;
    const { at, deadline, intent, condition, once, explanation } = request;
    const { namespace, key } = at;
    const explains = explanation !== undefined;
    const body = { namespace, key, intent, condition, once, ...how, explains };
    messenger.ask(node, PROPOSE, body, deadline, (answer) => {
      if (decides(answer)) known.heard(at.partition, node);
      else if (decidesNot(answer)) known.notHeard(at.partition, node);
      if (answer.ok) explanation?.adopt(answer.reply.explained ?? null);
      settle(answer.ok ? handledOf(at, answer.reply.result) : answer.error);
    });
  }

  #reportOf(node: NodeId, at: RecordKey, reply: AskReply): ReadReport | undefined {
    const { losses, known, ownership } = this.#options;
    const { start, lost, promised, active, busy, record, acceptance } = reply;
    const { partition } = at;
    losses.learnIn(partition, lost);
    if (active) known.heard(partition, node);
    const wire = new ProposalWire(new StrongWire(partition, ownership.partitionCount));
    try {
      return {
        ...{ from: { node, start }, promised, isActive: active, isBusy: busy },
        record: record && decodeRecord(at, record),
        acceptance: acceptance && wire.acceptanceFrom(placeOf(at), acceptance),
      };
    } catch (error) {
      if (error instanceof OperatingError) return undefined;
      throw error;
    }
  }
}

/** It has decided, or will: no other candidate is needed. */
function decides(answer: PeerAnswer<{ readonly result: Proposed }>): boolean {
  return answer.ok && answer.reply.result.is !== 'elsewhere';
}

/** It is there, and is no proposer: who waits for it, waits in vain. */
function decidesNot(answer: PeerAnswer<{ readonly result: Proposed }>): boolean {
  return answer.ok || NO_PROPOSER.has(answer.error.code);
}

/** What an owner says that decides nothing for now; one that is too busy goes on deciding. */
const NO_PROPOSER: ReadonlySet<string> = new Set(['rebuilding', 'not_ready', 'wrong_epoch']);

function handledOf(at: RecordKey, result: Proposed): Handled | OperatingError {
  if (result.is === 'elsewhere' || result.is === 'applied') return result;
  try {
    return { ...result, record: result.record && decodeRecord(at, result.record) };
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error;
    // What was settled may have taken effect.
    return result.is === 'settled' ? withOutcome(error, 'unknown') : error;
  }
}
