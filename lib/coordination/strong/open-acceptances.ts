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

/** What became of some keys with acceptances. */
export interface SettledKeys {
  /** Partitions of which nobody knows what was chosen. */
  readonly obstructed: ReadonlySet<number>;
  /** So many of the keys were tried: for the others there was no time. */
  readonly tried: number;
}

/** How long the proposer may take. Whoever asks this owner can ask the others. */
const SETTLE_MILLISECONDS = 2000;
const SETTLED_AT_ONCE_MAX = 100;
/** Shares of the time of whoever waits: the answer has to come in time, too. */
const ROUNDS_BEGIN_WITHIN = 0.5;
const ROUNDS_END_WITHIN = 0.8;

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
    if (!this.has(at)) return undefined;
    return this.#settle(at, this.#options.clock.monotonicMilliseconds() + SETTLE_MILLISECONDS);
  }

  /** The keys of which something is accepted here that says more than the record does. */
  unsettled(isAsked: (at: RecordKey) => boolean): RecordKey[] {
    const { acceptor } = this.#options;
    return acceptor.accepted().filter((at) => isAsked(at) && this.#maySayMore(at));
  }

  /**
   * The same as `settled` of some keys, in their order, some at once, while there is time. The
   * first of them are tried in any case.
   * @param deadline on the monotonic clock, of whoever waits for it
   */
  async settleAmong(keys: readonly RecordKey[], deadline: number): Promise<SettledKeys> {
    const { clock } = this.#options;
    const begun = clock.monotonicMilliseconds();
    const left = deadline - begun;
    const obstructed = new Set<number>();
    for (let i = 0; i < keys.length; i += SETTLED_AT_ONCE_MAX) {
      const now = clock.monotonicMilliseconds();
      if (i > 0 && now - begun >= left * ROUNDS_BEGIN_WITHIN) return { obstructed, tried: i };
      const lastEnd = begun + left * ROUNDS_END_WITHIN;
      const roundEnds = Math.min(lastEnd, now + SETTLE_MILLISECONDS);
      const settling = keys.slice(i, i + SETTLED_AT_ONCE_MAX).map(async (at) => {
        // What one key has shown of its partition, the others need not show again.
        if (obstructed.has(at.partition)) return;
        try {
          await this.#settle(at, roundEnds);
        } catch (error) {
          if (!(error instanceof OperatingError)) throw error;
          obstructed.add(at.partition);
        }
      });
      await Promise.all(settling);
    }
    return { obstructed, tried: keys.length };
  }

  /**
   * Settles what was accepted or learned here and is not known to be so everywhere. Without an
   * operation on the key nobody else would. False: it could not be done now.
   */
  async settle(at: RecordKey): Promise<boolean> {
    const { strong, clock } = this.#options;
    const deadline = clock.monotonicMilliseconds() + SETTLE_MILLISECONDS;
    try {
      await strong.settleFirst(at, deadline);
      return true;
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      return false;
    }
  }

  async #settle(at: RecordKey, deadline: number): Promise<void> {
    if (!this.#saysMore(at)) return;
    const { replica, strong } = this.#options;
    const found = await strong.settleFirst(at, deadline);
    if (found !== undefined) await replica.merge(at, encodeRecord(at, found), 'sync');
  }

  /**
   * Does what is accepted of the key say more than the record?
   * @throws OperatingError `rebuilding`, `corrupt_bytes`, `unknown_format`
   */
  #saysMore(at: RecordKey): boolean {
    const { acceptance, record } = this.#options.acceptor.heldOf(at);
    return acceptance !== undefined && !isHeld(acceptance, record);
  }

  /** What cannot be read may say anything. */
  #maySayMore(at: RecordKey): boolean {
    try {
      return this.#saysMore(at);
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      return true;
    }
  }
}

/**
 * Does the acceptance say nothing that the record does not? So it is with a read that was
 * proposed: nothing is to be settled for whoever reads the record, though it may be chosen.
 */
function isHeld({ dot, state }: Acceptance, record: Siblings = NO_SIBLINGS): boolean {
  if (dot !== undefined && covers(record.context, dot)) return true;
  return merge(record, state) === record;
}
