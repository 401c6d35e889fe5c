/** What strong writes leave in the audits of their keys, at the proposer that decided them. */
import type { Clock } from '../../environment/clock.js';
import type { Observer } from '../../environment/observer.js';
import { pauseFor } from '../../environment/pauses.js';
import type { NodeId } from '../../environment/transport.js';
import type { Applied } from '../../consensus/effects.js';
import { messageOf, OperatingError } from '../../errors.js';
import type { Audits } from '../../persistence/audits.js';
import { placeOf } from '../../persistence/keyspace.js';
import type { DurableAcceptor } from '../../replica/durable-acceptor.js';
import { BLIND_WRITE, droppedVersion } from '../../resolution/audit-entry.js';
import { covers } from '../../versioning/context.js';
import { dotText } from '../../versioning/dot.js';
import { find } from '../../versioning/siblings.js';
import type { Outcomes } from './outcomes.js';
import type { Decided } from './local-proposer.js';
import type { StrongRequest } from './strong-intent.js';

export interface StrongAuditOptions {
  readonly self: NodeId;
  readonly audits: Audits;
  readonly acceptor: DurableAcceptor;
  readonly outcomes: Outcomes;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** What was decided. */
type Write = Pick<StrongRequest, 'at' | 'intent' | 'once'>;
type Deposed = Extract<Decided, { is: 'deposed' }>;

/** So long the next proposer has to say what became of a write. */
const FOLLOW_MILLISECONDS = 10_000;
const PAUSE_MILLISECONDS = 20;
/** Most bytes of dropped values that wait for that; beyond it their entries are lost. */
const FOLLOWED_BYTES_MAX = 16 * 1024 * 1024;

export class StrongAudits {
  readonly #options: StrongAuditOptions;
  #followedBytes = 0;

  constructor(options: StrongAuditOptions) {
    this.#options = options;
  }

  /**
   * As of a plain write: an entry where it dropped two values or more, or resolved them. Whether
   * its client still waits is no matter. Where its proposer was deposed: once it is known that it
   * took effect as it was decided here.
   */
  decided(write: Write, decided: Decided): void {
    if (decided.is === 'applied') this.#add(write, decided);
    if (decided.is === 'deposed') this.#follow(write, decided);
  }

  #follow(write: Write, deposed: Deposed): void {
    const { decided } = deposed;
    if (decided === undefined || !leavesAnEntry(write, decided)) return;
    const bytes = decided.replaced.reduce((sum, { value }) => sum + value.length, 0);
    if (this.#followedBytes + bytes > FOLLOWED_BYTES_MAX) {
      this.#lost('too many proposals of deposed ballots wait');
      return;
    }
    this.#followedBytes += bytes;
    this.#tookEffect(write, deposed, decided)
      .then((isSo) => isSo && this.#add(write, decided))
      .catch((error: unknown) => this.#notKept(error))
      .finally(() => {
        this.#followedBytes -= bytes;
      });
  }

  async #tookEffect(
    { at, once }: Write,
    { ballot }: Deposed,
    { dot, state }: Applied,
  ): Promise<boolean> {
    const { outcomes, acceptor, clock } = this.#options;
    const deadline = clock.monotonicMilliseconds() + FOLLOW_MILLISECONDS;
    const outcome = await outcomes.of({ at, dot, ballot, deadline });
    if (outcome !== 'chosen') return false;
    if (once === undefined) return true;
    // Another attempt may have been decided anew under the same dot: it has its own entry.
    const stamp = find(state, dot)?.writtenAt;
    while (clock.monotonicMilliseconds() < deadline && !outcomes.isStopped) {
      await acceptor.look(placeOf(at));
      const { record } = acceptor.heldOf(at);
      if (record !== undefined && covers(record.context, dot)) {
        return find(record, dot)?.writtenAt === stamp;
      }
      await pauseFor(clock, PAUSE_MILLISECONDS);
    }
    return false;
  }

  #add(write: Write, applied: Applied): void {
    if (!leavesAnEntry(write, applied)) return;
    const { self, audits, clock } = this.#options;
    const { strategy, by } = write.intent?.resolving ?? { strategy: BLIND_WRITE, by: self };
    const dropped = applied.replaced.map(droppedVersion);
    const kept = dotText(applied.dot);
    const entry = { at: clock.wallMilliseconds(), strategy, by, kept, dropped };
    try {
      audits.add(write.at, entry, 'os').committed.catch((error: unknown) => this.#notKept(error));
    } catch (error) {
      this.#notKept(error);
    }
  }

  #notKept(error: unknown): void {
    if (!(error instanceof OperatingError)) throw error;
    this.#lost(messageOf(error));
  }

  #lost(reason: string): void {
    const event = 'what a strong write dropped could not be kept';
    this.#options.observer.log('warn', event, { reason });
  }
}

function leavesAnEntry({ intent }: Write, { replaced }: Applied): boolean {
  if (intent === undefined) return false;
  return intent.resolving !== undefined || (intent.seen === undefined && replaced.length > 1);
}
