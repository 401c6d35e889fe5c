/**
 * Forbids that an answer claims more than held: another level than was asked for, fewer answers
 * than the level needs, replicas that cannot have done it, a durability that is not there.
 */
import type { ReceiptClaim, Finding, History } from './history.js';

export function checkReceipts({ claims = [] }: History): Finding[] {
  return claims.flatMap((claim): Finding[] => {
    const { id, key, level } = claim;
    const wrong = whatIsWrong(claim);
    if (wrong === undefined) return [];
    return [{ checker: 'receipts', key, message: `${id} claims ${level}: ${wrong}` }];
  });
}

/** So many of these. */
interface Need {
  readonly nodes: readonly string[];
  readonly count: number;
}

function whatIsWrong(claim: ReceiptClaim): string | undefined {
  const { levels, level, answered, standIns, primaries, witnesses, durability, isHinted } = claim;
  if (!levels.some((asked) => asked.trim().toLowerCase() === level)) {
    return `asked for ${levels.join(', ')}`;
  }
  // At strong an owner accepts on its disk, whatever was asked for.
  const due = level === 'strong' ? 'sync' : durability?.asked;
  if (durability !== undefined && durability.held !== due) {
    return `durability ${durability.held}, asked for ${due}`;
  }
  if (answered > primaries.length) return `${answered} of ${primaries.length} primaries`;
  if (answered > witnesses.length) {
    return `${answered} primaries, and it can have been ${witnesses.join(' ') || 'none'}`;
  }
  if (answered === 0 && SLOPPY.has(level)) {
    if (standIns === 0) return 'nobody has it';
    return durability === undefined || isHinted ? undefined : 'no stand-in holds it';
  }
  const needs = needsOf(level, claim);
  const least = needs.reduce((sum, { count }) => sum + count, 0);
  if (answered < least) return `${answered} answers, and it needs ${least}`;
  for (const { nodes, count } of needs) {
    const there = nodes.filter((node) => witnesses.includes(node));
    if (there.length < count) return `${there.length} of ${nodes.join(' ')}, and it needs ${count}`;
  }
  return undefined;
}

/** A stand-in may stand for the one answer that they need. */
const SLOPPY: ReadonlySet<string> = new Set(['any', 'eventual']);
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
function needsOf(level: string, { primaries, zone, durability }: ReceiptClaim): Need[] {
  const nodes = primaries.map(({ node }) => node);
  const near = primaries.filter((primary) => primary.zone === zone).map(({ node }) => node);
  if (level === 'all') return [{ nodes, count: nodes.length }];
  if (level === 'quorum' || level === 'strong') return [most(nodes)];
  // A read by a proof may be of one replica; a write is as at quorum.
  if (level === 'bounded-staleness') {
    return durability === undefined ? [{ nodes, count: 1 }] : [most(nodes)];
  }
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
