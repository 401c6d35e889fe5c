/** Whose answers count, by partition: none that was given before a loss (architecture.md, D5). */
import type { Observer } from '../../environment/observer.js';
import type { Losses } from '../../replica/losses.js';
import type { Standing } from '../../replication/quorum.js';

export class Standings {
  readonly #losses: Losses;
  readonly #observer: Observer;
  readonly #byPartition: Standing[] = [];

  constructor(losses: Losses, observer: Observer) {
    this.#losses = losses;
    this.#observer = observer;
  }

  /** The same object at every call. */
  of(partition: number): Standing {
    let standing = this.#byPartition[partition];
    if (standing === undefined) {
      standing = {
        stands: (node, start) => this.#losses.stands(partition, node, start),
        struck: () => this.#observer.count('quorate_struck_answers_total'),
      };
      this.#byPartition[partition] = standing;
    }
    return standing;
  }
}
