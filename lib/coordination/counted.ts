/** Counts the answers of owners, but none of before a loss (docs/architecture.md, D5). */
import { Quorum, type Requirement } from '../replication/quorum.js';
import type { Collaborators } from './collaborators.js';

/** For one round of questions about keys of the partition. */
export function countedIn(
  { losses, observer }: Pick<Collaborators, 'losses' | 'observer'>,
  partition: number,
  requirements: readonly Requirement[],
): Quorum {
  return new Quorum(
    requirements,
    (node, start) => losses.stands(partition, node, start),
    () => observer.count('quorate_struck_answers_total'),
  );
}
