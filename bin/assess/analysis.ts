/** What follows from the numbers alone: which quorums meet, what may fail, what it costs. */
import { type AssessConfig, DECISIONS } from './assess-config.js';

export interface Analysis {
  /** W + R > N: does every read meet every acknowledged write? */
  readonly quorumsMeet: boolean;
  readonly quorums: string;
  /** Nodes that may be dead while reads and writes are still answered. */
  readonly failuresTolerated: number;
  readonly failures: string;
}

export interface Cost {
  readonly perHour: number;
  readonly budget: number;
  readonly isWithin: boolean;
}

export function analyse({ nodes, writeQuorum, readQuorum }: AssessConfig): Analysis {
  const quorumsMeet = writeQuorum + readQuorum > nodes;
  const sum = `W + R = ${writeQuorum} + ${readQuorum} = ${writeQuorum + readQuorum}`;
  const failuresTolerated = nodes - Math.max(writeQuorum, readQuorum);
  const onOneDisk = writeQuorum === 1 ? '; an acknowledged write may lie on one disk alone' : '';
  return {
    quorumsMeet,
    quorums: quorumsMeet
      ? `${sum} is above N = ${nodes}: every read meets a replica with every acknowledged write`
      : `${sum} is not above N = ${nodes}: a read may ask ${readQuorum} replicas of which none ` +
        'has the latest acknowledged write',
    failuresTolerated,
    failures:
      failuresTolerated === 0
        ? `no node may fail: a read or a write needs all of them${onOneDisk}`
        : `${failuresTolerated} of ${nodes} nodes may fail while reads and writes are ` +
          `answered${onOneDisk}`,
  };
}

export function costOf({ nodes }: AssessConfig, nodeCost: number, budget: number): Cost {
  const perHour = nodes * nodeCost;
  return { perHour, budget, isWithin: perHour <= budget };
}

/** Decisions without a reason. */
export function unjustified({ justifications }: AssessConfig): string[] {
  return DECISIONS.filter((name) => (justifications[name] ?? '').trim() === '');
}
