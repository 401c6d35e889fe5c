/** What a new proposer takes over from those that promised: which state of which key (K9). */
import {
  type Ballot,
  compareBallots,
  greaterBallot,
  isLater,
  NO_BALLOT,
  type ProposalId,
} from './ballot.js';
import type { Acceptance, PromiseEntry, KeyText } from './messages.js';

/** Of one owner: what came with its promise. */
export interface PromiseReport {
  readonly active: Ballot;
  readonly entries: readonly PromiseEntry[];
}

export interface Legacy {
  /**
   * What may have been chosen, proposed again. Also what an owner has a mark of: its record may be
   * lost since, and what was chosen may be chosen again.
   */
  readonly adopted: readonly (Pick<Acceptance, 'dot' | 'state'> & { readonly key: KeyText })[];
  /**
   * Learned somewhere, maybe not everywhere, and nobody that promised has accepted it: the mark and
   * the own record are brought along.
   */
  readonly brought: readonly { readonly key: KeyText; readonly mark: ProposalId }[];
}

/** @param reports of a majority, the own one among them */
export function legacyOf(reports: readonly PromiseReport[]): Legacy {
  const active = reports.reduce((top, one) => greaterBallot(top, one.active), NO_BALLOT);
  const byKey = new Map<KeyText, PromiseEntry[]>();
  for (const { entries } of reports) {
    for (const entry of entries) {
      const known = byKey.get(entry.key);
      if (known === undefined) byKey.set(entry.key, [entry]);
      else known.push(entry);
    }
  }
  const adopted: Legacy['adopted'][number][] = [];
  const brought: Legacy['brought'][number][] = [];
  for (const [key, entries] of byKey) {
    const acceptance = latestAcceptance(entries, active);
    const mark = latestMark(entries);
    if (acceptance !== undefined && !isLater(mark, acceptance.id)) {
      adopted.push({ key, dot: acceptance.dot, state: acceptance.state });
    } else if (mark !== undefined) {
      brought.push({ key, mark });
    }
  }
  return { adopted, brought };
}

/** Below the highest ballot that was activated, what was not adopted then was not chosen. */
function latestAcceptance(
  entries: readonly PromiseEntry[],
  active: Ballot,
): Acceptance | undefined {
  let latest: Acceptance | undefined;
  for (const { acceptance } of entries) {
    if (acceptance === undefined) continue;
    if (compareBallots(acceptance.id.ballot, active) < 0) continue;
    if (isLater(acceptance.id, latest?.id)) latest = acceptance;
  }
  return latest;
}

function latestMark(entries: readonly PromiseEntry[]): ProposalId | undefined {
  let latest: ProposalId | undefined;
  for (const { mark } of entries) if (isLater(mark, latest)) latest = mark;
  return latest;
}
