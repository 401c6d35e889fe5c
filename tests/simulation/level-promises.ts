/** What levels promise beyond the answers that they count (docs/consistency.md). */
import { majority } from '../../lib/replication/quorum.js';
import type { ClientWrite } from './history-recorder.js';
import type { Receipt } from './kv-answer.js';
import type { Addressed } from './kv-request.js';
import type { WorkloadNamespaces } from './workload-namespaces.js';

export interface LevelPromisesOptions {
  readonly namespaces: Pick<WorkloadNamespaces, 'possible'>;
  /** min(N, nodes). */
  readonly replicaCount: number;
  /** Are all nodes in one zone? */
  readonly oneZone: boolean;
}

/** Levels that repair a majority before they answer, where so many are one. */
const REPAIRING: Readonly<Record<string, number>> = {
  ...{ quorum: Number.POSITIVE_INFINITY, all: Number.POSITIVE_INFINITY },
  ...{
    'each-quorum': Number.POSITIVE_INFINITY,
    strong: Number.POSITIVE_INFINITY,
    two: 2,
    '2': 2,
    three: 3,
  },
};

export class LevelPromises {
  readonly #options: LevelPromisesOptions;

  constructor(options: LevelPromisesOptions) {
    this.#options = options;
  }

  /**
   * Primaries of which a write without a context hears what it is to replace. With a fallback it
   * may have been the weaker level, at which it hears of nobody.
   */
  consulted({ shown }: ClientWrite, { key, level, fallbacks }: Addressed): number {
    const { namespaces, replicaCount } = this.#options;
    if (shown !== undefined || fallbacks.length > 0) return 0;
    if (this.#blindWrites(key).some((kind) => kind !== 'overwrite')) return 0;
    const levels = level === undefined ? namespaces.possible(key, 'default_write_level') : [level];
    const repairs = levels.every((one) => this.#isRepairing(String(one)));
    return repairs ? majority(replicaCount) : 0;
  }

  /** Primaries on whose disks what a read shows is when it answers. */
  repaired(receipt: Receipt): number {
    const { replicaCount } = this.#options;
    const { answered } = receipt;
    return this.settles(receipt) && answered >= majority(replicaCount) ? majority(replicaCount) : 0;
  }

  /** Does a read settle first what was accepted at `strong`, and is not learned yet? */
  settles({ level }: Receipt): boolean {
    return this.#isRepairing(level) || (this.#options.oneZone && level === 'local-quorum');
  }

  /** What becomes of a write without a context: the setting, or that it changed. */
  blindWrites(key: string): string {
    const kinds = this.#blindWrites(key);
    return kinds.length > 1 ? 'changing' : String(kinds[0]);
  }

  /** What is wrong with the answer to such a write; undefined: nothing. */
  blindTrouble({ id, key, kind }: ClientWrite, replaced: readonly string[]): string | undefined {
    const blindWrites = this.blindWrites(key);
    if (blindWrites === 'refuse') return `${id} has no context, and was taken`;
    if (kind === 'value' && blindWrites === 'sibling' && replaced.length > 0) {
      return `${id} has no context, is to be a sibling, and replaced ${replaced.join(' ')}`;
    }
    return undefined;
  }

  #blindWrites(key: string): unknown[] {
    return this.#options.namespaces.possible(key, 'blind_writes');
  }

  #isRepairing(level: string): boolean {
    return (REPAIRING[level.toLowerCase()] ?? 0) >= majority(this.#options.replicaCount);
  }
}
