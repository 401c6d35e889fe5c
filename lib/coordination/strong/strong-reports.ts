/** What this owner holds of a key, as strong readers get it: once all of it is synced (K11). */
import type { NodeId } from '../../environment/transport.js';
import type { ReadReport } from '../../consensus/strong-read.js';
import { partitionKey, placeOf, proposalKey, type RecordKey } from '../../persistence/keyspace.js';
import type { Store } from '../../persistence/store.js';
import type { DurableAcceptor } from '../../replica/durable-acceptor.js';
import type { Identity } from '../../replica/identity.js';
import type { Proposers } from './proposers.js';

export interface StrongReportsOptions {
  readonly self: NodeId;
  readonly acceptor: DurableAcceptor;
  readonly proposers: Proposers;
  readonly store: Store;
  readonly identity: Identity;
}

export class StrongReports {
  readonly #options: StrongReportsOptions;

  constructor(options: StrongReportsOptions) {
    this.#options = options;
  }

  /** @throws OperatingError `rebuilding`, `storage_failed` */
  async own(at: RecordKey): Promise<ReadReport> {
    const { self, acceptor, proposers, identity } = this.#options;
    const { partition } = at;
    const promised = acceptor.promised(partition);
    const { record, acceptance } = acceptor.heldOf(at);
    const report = {
      ...{ from: { node: self, start: identity.start }, promised, record, acceptance },
      isActive: proposers.isActiveAt(partition, promised),
      // What is being merged was chosen before, and the record lacks it still.
      isBusy: proposers.isBusy(at) || acceptor.settled(placeOf(at)) !== undefined,
    };
    await this.#durable(at);
    return report;
  }

  #durable(at: RecordKey): Promise<unknown> | undefined {
    const { store } = this.#options;
    const keys = [
      at.storageKey,
      proposalKey('acceptance', at),
      partitionKey('ballots', at.partition),
    ];
    const waits = keys.map((key) => store.whenDurable(key));
    return waits.every((wait) => wait === undefined) ? undefined : Promise.all(waits);
  }
}
