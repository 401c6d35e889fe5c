/**
 * What was accepted here and is not learned may have been acknowledged: an owner settles it before
 * it answers a plain read at quorum (K12).
 */
import type { Acceptance } from '../../consensus/messages.js';
import type { Clock } from '../../environment/clock.js';
import { OperatingError } from '../../errors.js';
import type { RecordKey } from '../../persistence/keyspace.js';
import { encodeRecord } from '../../persistence/records.js';
import type { DurableAcceptor } from '../../replica/durable-acceptor.js';
import type { Replica } from '../../replica/replica.js';
import { covers } from '../../versioning/context.js';
import { merge, NO_SIBLINGS, type Siblings } from '../../versioning/siblings.js';
import type { Strong } from './strong.js';

export interface OpenAcceptancesOptions {
  readonly acceptor: DurableAcceptor;
  readonly replica: Replica;
  readonly strong: Pick<Strong, 'settleFirst'>;
  readonly clock: Clock;
}

/** How long the proposer may take. Whoever asks this owner can ask the others. */
const SETTLE_MILLISECONDS = 2000;
const SETTLED_AT_ONCE_MAX = 100;

export class OpenAcceptances {
  readonly #options: OpenAcceptancesOptions;

  constructor(options: OpenAcceptancesOptions) {
    this.#options = options;
  }

  /** Is something accepted here that is not learned? */
  has(at: RecordKey): boolean {
    return this.#options.acceptor.hasAcceptance(at);
  }

  /**
   * Resolves when the own record holds all that was proposed for the key and can have been chosen
   * by now; undefined, as nearly always: it does. Rejects with an OperatingError where nobody
   * knows.
   */
  settled(at: RecordKey): Promise<void> | undefined {
    return this.has(at) ? this.#settle(at) : undefined;
  }

  /** The same of some keys: the partitions in which nobody knows, or there are too many of them. */
  async unsettledAmong(isAsked: (at: RecordKey) => boolean): Promise<ReadonlySet<number>> {
    const keys = this.#options.acceptor.accepted().filter(isAsked);
    const unsettled = new Set<number>();
    for (const { partition } of keys.splice(SETTLED_AT_ONCE_MAX)) unsettled.add(partition);
    const settling = keys.map(async (at) => {
      try {
        await this.settled(at);
      } catch (error) {
        if (!(error instanceof OperatingError)) throw error;
        unsettled.add(at.partition);
      }
    });
    await Promise.all(settling);
    return unsettled;
  }

  /**
   * Settles what was accepted or learned here and is not known to be so everywhere. Without an
   * operation on the key nobody else would. A failure is left to the next call.
   */
  async settle(at: RecordKey): Promise<void> {
    const { strong, clock } = this.#options;
    const deadline = clock.monotonicMilliseconds() + SETTLE_MILLISECONDS;
    try {
      await strong.settleFirst(at, deadline);
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
    }
  }

  async #settle(at: RecordKey): Promise<void> {
    const { acceptor, replica, strong, clock } = this.#options;
    const { acceptance, record } = acceptor.heldOf(at);
    if (acceptance === undefined || isHeld(acceptance, record)) return;
    const deadline = clock.monotonicMilliseconds() + SETTLE_MILLISECONDS;
    const found = await strong.settleFirst(at, deadline);
    if (found !== undefined) await replica.merge(at, encodeRecord(at, found), 'sync');
  }
}

/**
 * Does the acceptance tell nothing that the record does not? So it is with a read that was
 * proposed: nothing is to be settled for whoever reads the record, though it may be chosen.
 */
function isHeld({ dot, state }: Acceptance, record: Siblings = NO_SIBLINGS): boolean {
  if (dot !== undefined && covers(record.context, dot)) return true;
  return merge(record, state) === record;
}
