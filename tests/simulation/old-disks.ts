/** Nodes that nobody has reported yet what their disks have lost: their answers prove nothing. */
import type { Machine } from './machine.js';
import type { Witness } from './witness.js';

export interface OldDisksOptions {
  readonly machines: readonly Machine[];
  readonly witness: Pick<Witness, 'primaries'>;
}

export class OldDisks {
  readonly #options: OldDisksOptions;

  constructor(options: OldDisksOptions) {
    this.#options = options;
  }

  get now(): readonly string[] {
    return this.#options.machines.filter(({ disk }) => disk.isOld).map(({ id }) => id);
  }

  /** So many of the owners of a key are among them. @param before those of when it was asked for */
  owners(key: string, before: readonly string[]): number {
    const old = [...before, ...this.now];
    return this.#options.witness.primaries(key).filter(({ node }) => old.includes(node)).length;
  }

  /** So many of the owners that answered surely had what they should. */
  trusted(count: number, key: string, before: readonly string[]): number {
    return Math.max(0, count - this.owners(key, before));
  }
}
