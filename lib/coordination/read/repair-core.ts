/** Read repair decided: whom a merge is written to, and when enough hold it (Dynamo 5; R1, R2). */
import type { NodeId } from '../../environment/transport.js';
import type { Plan } from '../../replication/plan.js';
import type { RepairTarget } from '../../replication/plan.js';
import { type Quorum, type QuorumState, type Standing, Votes } from '../../replication/quorum.js';
import type { Fate } from '../../replica/incoming.js';
import type { Siblings } from '../../versioning/siblings.js';
import { fingerprint, versionsBehind } from '../../versioning/siblings.js';
import { type Copy, copyOf } from './read-round.js';

/** Write the merge to this replica. */
export interface RepairWrite {
  readonly node: NodeId;
  /** By how many versions its answer was behind; undefined where it was not asked. */
  readonly versionsBehind: number | undefined;
}

/** A primary holds a copy as durably as asked. */
export interface StoredRepair {
  /** In which start of the primary. */
  readonly start: number;
  /** Where a value of the copy is not live there. */
  readonly fate: Fate | undefined;
}

/** `overtaken`: a replica has dropped a value of it, which may have ended before the read began. */
export type RepairState = QuorumState | 'overtaken';

/** What must hold a merge before an answer is given; undefined: no answer waits for it. */
export function awaitedOf(target: RepairTarget): Quorum | undefined {
  return typeof target === 'string' ? undefined : target;
}

export interface RepairOptions {
  readonly plan: Plan;
  readonly merged: Siblings;
  /** What the primaries have said. */
  readonly copies: readonly Copy[];
  /** What must hold the merge durably; undefined: nobody waits for it. */
  readonly quorum: Quorum | undefined;
  readonly standing: Standing;
}

/**
 * Writes the merge to the primaries that answered with less, and, where the quorum needs more than
 * those, to the others. Never a new version: the merge, under the dots that it has.
 */
export class RepairCore {
  readonly merged: Siblings;
  readonly #quorum: Quorum | undefined;
  readonly #copies: readonly Copy[];
  readonly #votes: Votes;
  /** Written to, without an answer yet. */
  readonly #open: NodeId[] = [];
  /** Up, and not asked. */
  #spare: NodeId[] = [];
  readonly #lagging: RepairWrite[] = [];
  #isOvertaken = false;

  constructor({ plan, merged, copies, quorum, standing }: RepairOptions) {
    this.merged = merged;
    this.#quorum = quorum;
    this.#copies = copies;
    this.#votes = new Votes(standing);
    const whole = fingerprint(merged);
    for (const { node, up } of plan.primaries) {
      const copy = copyOf(copies, node);
      if (copy?.fingerprint === whole) this.#votes.grant(node, copy.start);
      else if (copy !== undefined) {
        const behind = versionsBehind(copy.fingerprint, whole);
        this.#lagging.push({ node, versionsBehind: behind });
      } else if (up) this.#spare.push(node);
      else this.#votes.deny(node);
    }
  }

  begin(): readonly RepairWrite[] {
    for (const { node } of this.#lagging) this.#open.push(node);
    if (this.#lagging.length > 0 || this.state !== 'pending') return this.#lagging;
    return this.#toSpare();
  }

  /** @param stored undefined: it failed, or nobody knows */
  answered(node: NodeId, stored: StoredRepair | undefined): readonly RepairWrite[] {
    const place = this.#open.indexOf(node);
    if (place < 0) return [];
    this.#open.splice(place, 1);
    if (stored === undefined) this.#votes.deny(node);
    else if (this.#hasDropped(node, stored)) this.#isOvertaken = true;
    else this.#votes.grant(node, stored.start);
    // Another answer may have been struck meanwhile: then the quorum may be short again.
    const isShort = stored === undefined || this.#open.length === 0;
    return isShort && (this.state === 'pending' || this.state === 'lost') ? this.#toSpare() : [];
  }

  /**
   * What a replica had collected by then, or has superseded by now and did not hold when it was
   * asked, or was not asked for, may have been deleted before the read began (R5): whoever answered
   * that it holds nothing may have collected the tombstone that this replica has still. What one
   * that held something has superseded by a later write was there when the read began: a busy key
   * is not read again for it.
   */
  #hasDropped(node: NodeId, { fate }: StoredRepair): boolean {
    const heldNothing = (copyOf(this.#copies, node)?.fingerprint ?? '') === '';
    return fate === 'collected' || (fate === 'ended' && heldNothing);
  }

  /** Ends the repair. @returns the replicas that have not answered */
  giveUp(): readonly NodeId[] {
    const silent = this.#open.splice(0);
    // Those that were never written to do not hold it either.
    for (const node of [...silent, ...this.#spare]) this.#votes.deny(node);
    this.#spare = [];
    return silent;
  }

  get state(): RepairState {
    if (this.#isOvertaken) return 'overtaken';
    return this.#quorum?.stateOf(this.#votes) ?? 'reached';
  }

  /** Those that were written to and have not answered. */
  get open(): readonly NodeId[] {
    return this.#open;
  }

  #toSpare(): RepairWrite[] {
    const spare = this.#spare;
    this.#spare = [];
    this.#open.push(...spare);
    return spare.map((node) => ({ node, versionsBehind: undefined }));
  }
}
