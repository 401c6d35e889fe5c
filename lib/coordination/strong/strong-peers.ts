/** What a coordinator of the strong level asks the owners of a key, here and elsewhere. */
import type { NodeId } from '../../environment/transport.js';
import type { ReadReport } from '../../consensus/strong-read.js';
import { OperatingError } from '../../errors.js';
import type { Ownership } from '../../partitioning/ownership.js';
import { placeOf, type RecordKey } from '../../persistence/keyspace.js';
import { decodeRecord } from '../../persistence/records.js';
import type { Losses } from '../../replica/losses.js';
import type { Messenger } from '../../rpc/messenger.js';
import type { z } from 'zod';
import type { KnownProposers } from './known-proposers.js';
import { contextFromWire } from '../wire/seen-wire.js';
import type { Handled } from './strong-effects.js';
import { type Forwarded, type StrongRequest, strongToWire } from './strong-intent.js';
import { ASK, PROPOSE } from './strong-messages.js';
import type { StrongReports } from './strong-reports.js';
import { StrongWire } from './strong-wire.js';

export interface StrongPeersOptions {
  readonly self: NodeId;
  readonly reports: StrongReports;
  readonly known: KnownProposers;
  readonly messenger: Messenger;
  readonly losses: Losses;
  readonly ownership: Ownership;
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
    const { self, reports, messenger } = this.#options;
    if (node === self) {
      reports.own(at).then(settle, (error: unknown) => {
        if (!(error instanceof OperatingError)) throw error;
        settle(undefined, error);
      });
      return;
    }
    const { namespace, key } = at;
    messenger.ask(node, ASK, { namespace, key }, deadline, (answer) => {
      if (answer.ok) settle(this.#reportOf(node, at, answer.reply));
      else settle(undefined, answer.error);
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
    const { at, deadline } = request;
    messenger.ask(node, PROPOSE, strongToWire(request, how), deadline, (answer) => {
      const isReached = answer.ok || answer.error.code !== 'peer_unreachable';
      if (isReached) known.heard(at.partition, node);
      if (answer.ok) request.explanation?.adopt(answer.reply.explained);
      settle(answer.ok ? handledOf(at, answer.reply) : answer.error);
    });
  }

  #reportOf(node: NodeId, at: RecordKey, reply: z.infer<typeof ASK.reply>): ReadReport | undefined {
    const { losses, known, ownership } = this.#options;
    const { start, lost, promised, active, busy, record, acceptance } = reply;
    const { partition } = at;
    losses.learnIn(partition, lost);
    if (active) known.heard(partition, node);
    const wire = new StrongWire(partition, ownership.partitionCount);
    const place = placeOf(at);
    try {
      return {
        ...{ from: { node, start }, promised, isActive: active, isBusy: busy },
        record: wire.stateFrom(place, record),
        acceptance: acceptance === null ? undefined : wire.acceptanceFrom(place, acceptance),
      };
    } catch (error) {
      if (error instanceof OperatingError) return undefined;
      throw error;
    }
  }
}

function handledOf(at: RecordKey, reply: z.infer<typeof PROPOSE.reply>): Handled | OperatingError {
  if (reply.is === 'elsewhere') return { is: reply.is, proposer: reply.proposer };
  if (reply.is === 'applied') {
    const { is, dot, stamp, replaced, context } = reply;
    return { is, dot, stamp, replaced, context: contextFromWire(context) };
  }
  try {
    const record = reply.record === null ? undefined : decodeRecord(at, reply.record);
    return reply.is === 'settled'
      ? { is: reply.is, as: reply.as, record }
      : { is: reply.is, record };
  } catch (error) {
    if (error instanceof OperatingError) return error;
    throw error;
  }
}
