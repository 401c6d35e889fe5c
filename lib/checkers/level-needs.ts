/** How many answers each level needs, and whose. */
import type { ReceiptClaim } from './history.js';

/** So many of these. */
export interface Need {
  readonly nodes: readonly string[];
  readonly count: number;
}

interface Claimed extends Pick<ReceiptClaim, 'level' | 'primaries' | 'zone'> {
  readonly isWrite: boolean;
}

const NUMBERS: Readonly<Record<string, number>> = {
  one: 1,
  two: 2,
  three: 3,
  any: 1,
  eventual: 1,
  session: 1,
  causal: 1,
};

/** What docs/consistency.md says of each level, anew: the store's own table is what is judged. */
export function needsOf({ level, primaries, zone, isWrite }: Claimed): Need[] {
  const nodes = primaries.map(({ node }) => node);
  const near = primaries.filter((primary) => primary.zone === zone).map(({ node }) => node);
  if (level === 'all') return [{ nodes, count: nodes.length }];
  if (level === 'quorum' || level === 'strong') return [most(nodes)];
  // A read by a proof may be of one replica; a write is as at quorum.
  if (level === 'bounded-staleness') return isWrite ? [most(nodes)] : [{ nodes, count: 1 }];
  if (level === 'local-one') return [{ nodes: near, count: 1 }];
  if (level === 'local-quorum') return [most(near)];
  if (level === 'each-quorum') {
    const zones = [...new Set(primaries.map((primary) => primary.zone))];
    return zones.map((one) =>
      most(primaries.filter((primary) => primary.zone === one).map(({ node }) => node)),
    );
  }
  return [{ nodes, count: NUMBERS[level] ?? Number(level) }];
}

function most(nodes: readonly string[]): Need {
  return { nodes, count: Math.floor(nodes.length / 2) + 1 };
}
