/** What is lost if nodes die: copies of each partition that would be left, and what they reach. */

export interface Loss {
  /** By partition: copies that are alive. */
  readonly live: readonly number[];
  /** Partitions without any copy, without a majority, and with fewer than all. */
  readonly gone: number;
  readonly withoutQuorum: number;
  readonly short: number;
}

/** @param down nodes that do not live, or are imagined dead */
export function lossOf(owners: readonly (readonly string[])[], down: ReadonlySet<string>): Loss {
  const live = owners.map((nodes) => nodes.filter((node) => !down.has(node)).length);
  const needed = owners.map((nodes) => Math.floor(nodes.length / 2) + 1);
  const countOf = (holds: (copies: number, partition: number) => boolean): number =>
    live.filter(holds).length;
  return {
    live,
    gone: countOf((copies) => copies === 0),
    withoutQuorum: countOf((copies, partition) => copies < (needed[partition] ?? 1)),
    short: countOf((copies, partition) => copies < (owners[partition]?.length ?? 0)),
  };
}
