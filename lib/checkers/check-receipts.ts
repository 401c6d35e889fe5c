/**
 * Forbids that an answer claims more than held: another level than was asked for, fewer answers
 * than the level needs, replicas that cannot have done it, a durability that is not there.
 */
import type { ReceiptClaim, Finding, History } from './history.js';
import { needsOf } from './level-needs.js';

export function checkReceipts({ claims = [] }: History): Finding[] {
  return claims.flatMap((claim): Finding[] => {
    const { id, key, level } = claim;
    const wrong = whatIsWrong(claim);
    if (wrong === undefined) return [];
    return [{ checker: 'receipts', key, message: `${id} claims ${level}: ${wrong}` }];
  });
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
  const needs = needsOf({ ...claim, isWrite: durability !== undefined });
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
