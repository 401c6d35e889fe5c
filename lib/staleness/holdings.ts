/** What a node holds of its partitions, as its proofs and its testimonies need it. */
import type { Ownership } from '../partitioning/ownership.js';
import type { PartitionClocks } from '../replica/partition-clocks.js';
import type { WholeClocks } from '../replica/whole-clocks.js';
import { type Acceptances, acceptedDots } from './accepted-dots.js';
import type { OwnHoldings } from './proofs.js';
import type { Held } from './testimony.js';

export interface OwnHoldingsOptions {
  readonly ownership: Pick<Ownership, 'self' | 'setsOf' | 'epoch'>;
  readonly clocks: PartitionClocks;
  readonly wholeClocks: Pick<WholeClocks, 'isWhole'>;
  readonly acceptances: Acceptances;
}

export function holdingsOf(options: OwnHoldingsOptions): OwnHoldings & Held {
  const { ownership, clocks, wholeClocks, acceptances } = options;
  return {
    self: ownership.self,
    changes: clocks.changes,
    setsOf: (partition) => ownership.setsOf(partition),
    clockOf: (partition) => clocks.of(partition),
    vouchesFor: (partition) => wholeClocks.isWhole(partition),
    accepted: () => acceptedDots(acceptances),
    get era(): string {
      return `${ownership.epoch} ${clocks.emptyings}`;
    },
  };
}
