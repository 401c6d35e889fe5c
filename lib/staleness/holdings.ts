/** What a node holds of its partitions, as its proofs and its testimonies need it. */
import type { Ownership } from '../partitioning/ownership.js';
import type { ProposalTable } from '../persistence/proposal-table.js';
import type { PartitionClocks } from '../replica/partition-clocks.js';
import type { WholeClocks } from '../replica/whole-clocks.js';
import { acceptedDots } from './accepted-dots.js';
import type { OwnHoldings } from './proofs.js';
import type { Held } from './testimony.js';

export interface OwnHoldingsOptions {
  readonly ownership: Pick<Ownership, 'self' | 'setsOf' | 'epoch'>;
  readonly clocks: PartitionClocks;
  readonly wholeClocks: Pick<WholeClocks, 'isWhole'>;
  readonly proposals: Pick<ProposalTable, 'accepted' | 'acceptanceOf'>;
}

export function holdingsOf(options: OwnHoldingsOptions): OwnHoldings & Held {
  const { ownership, clocks, wholeClocks, proposals } = options;
  return {
    self: ownership.self,
    changes: clocks.changes,
    setsOf: (partition) => ownership.setsOf(partition),
    clockOf: (partition) => clocks.of(partition),
    vouchesFor: (partition) => wholeClocks.isWhole(partition),
    accepted: () => acceptedDots(proposals),
    get era(): string {
      return `${ownership.epoch} ${clocks.emptyings}`;
    },
  };
}
