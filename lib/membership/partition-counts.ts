/** How many partitions lack owners that are up, as one node sees them. */
import type { Plans } from '../replication/plan.js';
import { majority } from '../replication/quorum.js';

export interface PartitionCounts {
  /** An owner is down. */
  readonly underReplicated: number;
  /** Less than a majority of the owners is up. */
  readonly withoutQuorum: number;
  /** No owner is up. */
  readonly withoutReplicas: number;
}

export function countPartitions(plans: Pick<Plans, 'of'>, partitionCount: number): PartitionCounts {
  let [underReplicated, withoutQuorum, withoutReplicas] = [0, 0, 0];
  for (let partition = 0; partition < partitionCount; partition += 1) {
    const { primaries } = plans.of(partition);
    const up = primaries.filter((primary) => primary.up).length;
    if (up < primaries.length) underReplicated += 1;
    if (up < majority(primaries.length)) withoutQuorum += 1;
    if (up === 0) withoutReplicas += 1;
  }
  return { underReplicated, withoutQuorum, withoutReplicas };
}
