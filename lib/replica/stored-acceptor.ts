/** What a node holds as an acceptor, read from its tables as it is needed (docs/consensus.md). */
import type { AcceptorState, HeldKey } from '../consensus/acceptor.js';
import type { ProposalId } from '../consensus/ballot.js';
import type { Acceptance, KeyText } from '../consensus/messages.js';
import type { Observer } from '../environment/observer.js';
import { isCorrupt } from '../errors.js';
import { placeOf, type RecordKey } from '../persistence/keyspace.js';
import type { ProposalPage } from '../persistence/proposals.js';
import type { ProposalTable } from '../persistence/proposal-table.js';
import type { PartitionHealth } from './health.js';
import type { Identity } from './identity.js';
import type { PartitionClocks } from './partition-clocks.js';
import type { Replica } from './replica.js';

export interface StoredAcceptorOptions {
  readonly proposals: ProposalTable;
  readonly replica: Pick<Replica, 'read'>;
  readonly clocks: PartitionClocks;
  readonly health: PartitionHealth;
  readonly identity: Pick<Identity, 'start'>;
  readonly observer: Observer;
}

/** Pages of marks that are looked at in one step. */
const MARK_PAGE_BYTES_MAX = 100_000;

export class StoredAcceptor {
  readonly #options: StoredAcceptorOptions;

  constructor(options: StoredAcceptorOptions) {
    this.#options = options;
  }

  /** Of a partition, as it is at this moment. @throws OperatingError `rebuilding` */
  stateOf(partition: number): AcceptorState {
    const { proposals, identity } = this.#options;
    return {
      ...this.whole(partition, () => proposals.ballotsOf(partition)),
      start: identity.start,
      of: (key) => this.of(proposals.at(key)),
      accepted: () => {
        const keys = proposals.accepted().filter((at) => at.partition === partition);
        return keys.map(placeOf);
      },
    };
  }

  /** Of a key. The record is read when it is looked at. @throws OperatingError `rebuilding` */
  of(at: RecordKey): HeldKey {
    const { replica, clocks, proposals } = this.#options;
    const clock = clocks.of(at.partition);
    return {
      // Under rebuild there is none that could be sent.
      get record() {
        return replica.read(at)?.siblings;
      },
      hasSeen: (dot) => clock.has(dot),
      acceptance: this.whole(at.partition, () => proposals.acceptanceOf(at)),
      mark: this.whole(at.partition, () => proposals.markOf(at)),
    };
  }

  /** The keys of which something is accepted and not learned, of all partitions. */
  accepted(): RecordKey[] {
    return this.#options.proposals.accepted();
  }

  /** @throws OperatingError `rebuilding`, `unknown_format` */
  acceptanceOf(at: RecordKey): Acceptance | undefined {
    const { health, proposals } = this.#options;
    health.assertWhole(at.partition);
    return this.whole(at.partition, () => proposals.acceptanceOf(at));
  }

  /** All marks of a partition, a page in each step. @throws OperatingError `rebuilding` */
  async *marksOf(partition: number): AsyncGenerator<(readonly [key: KeyText, mark: ProposalId])[]> {
    const { proposals } = this.#options;
    let from: string | undefined = '';
    while (from !== undefined) {
      const page: ProposalPage = await proposals.page(partition, from, MARK_PAGE_BYTES_MAX);
      yield page.proposals.flatMap(({ at }) => {
        const mark = this.whole(partition, () => proposals.markOf(at));
        return mark === undefined ? [] : [[placeOf(at), mark] as const];
      });
      from = page.next;
    }
  }

  /** What is unreadable is damage of the partition. @throws OperatingError `rebuilding` */
  whole<T>(partition: number, read: () => T): T {
    const { health, observer } = this.#options;
    try {
      return read();
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      observer.count('quorate_corrupt_records_total');
      health.damage(partition, 'checksum');
      health.assertWhole(partition);
      throw error;
    }
  }
}
