/** What is lost if nodes die: copies of each partition that would be left, and what they reach. */
import { many } from './format.js';

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

/** In a sentence. @param imagined nodes that are only imagined dead; none: it is so now */
export function lossText(
  { gone, withoutQuorum, short }: Loss,
  imagined: readonly string[],
): string {
  const isNow = imagined.length === 0;
  const who = isNow ? 'As it is now' : `Without ${[...imagined].sort().join(' and ')}`;
  const words = (count: number, one: string, several: string): string =>
    isNow ? (count === 1 ? one : several) : `would ${several}`;
  const [have, lack] = [words(gone, 'has', 'have'), words(withoutQuorum, 'lacks', 'lack')];
  const keys = `${gone === 1 ? 'its' : 'their'} keys ${isNow ? 'cannot' : 'could not'} be read`;
  if (gone > 0) return `${who}: ${many(gone, 'partition')} ${have} no copy at all: ${keys}.`;
  if (withoutQuorum > 0)
    return `${who}: ${many(withoutQuorum, 'partition')} ${lack} a quorum: level one goes on there.`;
  return short > 0
    ? `${who}: Quorum reads and writes go on everywhere; level all does not.`
    : `${who}: every partition has all its copies.`;
}
