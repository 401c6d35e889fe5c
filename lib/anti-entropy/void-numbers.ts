/** Finds the numbers that no version bears, and counts them as seen (docs/consensus.md, K21). */
import type { Ballot } from '../consensus/ballot.js';
import {
  endedBefore,
  type OwnerWord,
  settledAmong,
  voidNumbers,
} from '../consensus/void-numbers.js';
import type { Observer } from '../environment/observer.js';
import { OperatingError } from '../errors.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { RecordKey } from '../persistence/keyspace.js';
import type { PartitionHealth } from '../replica/health.js';
import type { PartitionClocks } from '../replica/partition-clocks.js';
import type { Messenger } from '../rpc/messenger.js';
import { PartitionClock } from '../versioning/partition-clock.js';
import type { VersionVector } from '../versioning/version-vector.js';
import { SETTLED } from './messages.js';
import type { Questions } from './questions.js';

export interface VoidNumbersOptions {
  readonly ownership: Ownership;
  readonly questions: Questions;
  readonly clocks: PartitionClocks;
  readonly health: PartitionHealth;
  readonly observer: Observer;
  /** The ballot at which this node decides, once every owner has activated it. */
  readonly settledBallot: (partition: number) => Ballot | undefined;
  /** Lets a proposer settle the key; where there is none, a new one takes over. */
  readonly settle: (at: RecordKey) => Promise<unknown>;
}

export class VoidNumbers {
  readonly #options: VoidNumbersOptions;

  constructor(options: VoidNumbersOptions) {
    this.#options = options;
  }

  /** Registers the handler. */
  serve(messenger: Messenger): void {
    const { ownership, health, clocks, settledBallot } = this.#options;
    messenger.handle(SETTLED, ({ partition, clock }, { from }) => {
      ownership.assertShared(partition, from);
      health.assertWhole(partition);
      return {
        ballot: settledBallot(partition) ?? null,
        clock: clock ? clocks.of(partition).toPlain() : [],
      };
    });
  }

  /**
   * Where no owner's clock has all numbers up to these: counts those as seen here that are void.
   * Of a ballot that has not ended everywhere the next call may. A failure is left to it, too.
   * @param at a key of the partition
   * @param covered of writers of proposals
   */
  async close(at: RecordKey, covered: VersionVector): Promise<void> {
    try {
      await this.#close(at, covered);
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
    }
  }

  async #close(at: RecordKey, covered: VersionVector): Promise<void> {
    const { clocks, health, observer, settle } = this.#options;
    const { partition } = at;
    const generation = clocks.generation(partition);
    const first = [this.#own(partition), ...(await this.#ask(partition, false))];
    const settled = settledAmong(first.map((word) => word.settled));
    const ended = endedBefore(settled, covered);
    if (settled === undefined || ended.size === 0) {
      await settle(at);
      return;
    }
    // Asked for after every owner has activated the ballot: each has all that was chosen before.
    const others = await this.#ask(partition, true);
    health.assertWhole(partition);
    if (clocks.generation(partition) !== generation) return;
    const dots = voidNumbers(settled, ended, this.#own(partition), others);
    clocks.noteVoid(partition, dots);
    observer.count('quorate_void_numbers_total', {}, dots.length);
  }

  #own(partition: number): OwnerWord {
    const { clocks, settledBallot } = this.#options;
    return { settled: settledBallot(partition), clock: clocks.of(partition) };
  }

  /** All other owners. @throws OperatingError where one cannot be asked, or is under rebuild */
  #ask(partition: number, clock: boolean): Promise<OwnerWord[]> {
    const { ownership, questions } = this.#options;
    const { deadline } = questions;
    return Promise.all(
      ownership.othersOf(partition).map(async (peer) => {
        const said = await questions.ask(peer, SETTLED, { partition, clock }, deadline);
        return { settled: said.ballot ?? undefined, clock: PartitionClock.from(said.clock) };
      }),
    );
  }
}
