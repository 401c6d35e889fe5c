/**
 * A proposer in time: when it takes over, when it begins anew, what it says again, and which
 * operations wait no longer (docs/consensus.md). Pure: see engine.ts.
 */
import type { NodeId } from '../../environment/transport.js';
import { leastOf } from '../../encoding/extremes.js';
import type { Ballot } from '../../consensus/ballot.js';
import type { StrongOperation } from '../../consensus/decision.js';
import type { ProposerEffect } from '../../consensus/effects.js';
import type { KeyText, AcceptorReply, Sender } from '../../consensus/messages.js';
import type { Looked } from '../../consensus/proposal.js';
import { ProposerCore, type TakeOver } from '../../consensus/proposer-core.js';
import type { Siblings } from '../../versioning/siblings.js';
import type { Core } from '../engine/engine.js';

export type PartitionEffect =
  | ProposerEffect
  /** Choose a ballot above all that was heard of, and call `takeOver`. */
  | { readonly do: 'campaign' }
  /** Its deadline has come. `isOpen`: it was proposed, or is about to be. */
  | { readonly do: 'expire'; readonly operation: StrongOperation; readonly isOpen: boolean };

/** After so long without enough promises or activations a higher ballot is tried. */
const CAMPAIGN_MILLISECONDS = 500;
/** After so long without an answer to a proposal a new ballot finds out what was accepted. */
const STALL_MILLISECONDS = 1000;
const REPEAT_MILLISECONDS = 1000;
/** LEARN waits so long, in case that every owner accepts what was chosen. */
const LEARN_DELAY_MILLISECONDS = 20;
/** After so long with nothing to do it says again only so often what an owner has missed. */
const IDLE_MILLISECONDS = 600_000;
const IDLE_REPEAT_MILLISECONDS = 60_000;
const BACK_OFF_FIRST_MILLISECONDS = 10;
const BACK_OFF_MAX_MILLISECONDS = 500;
const NEVER = Number.POSITIVE_INFINITY;

/** How long to wait after so many refusals: contenders come apart. */
export function backOff(refusals: number, fraction: () => number): number {
  const longest = BACK_OFF_FIRST_MILLISECONDS * 2 ** Math.min(refusals, 10);
  return fraction() * Math.min(BACK_OFF_MAX_MILLISECONDS, longest);
}

interface Waiting {
  readonly operation: StrongOperation;
  readonly endsAt: number;
}

export class PartitionProposer implements Core<PartitionEffect> {
  readonly core: ProposerCore;
  readonly #fraction: () => number;
  readonly #waiting = new Map<number, Waiting>();
  /** Since when the proposal of a key waits for answers. */
  readonly #proposedAt = new Map<KeyText, number>();
  #refusals = 0;
  #campaignsAt = 0;
  /** When the present campaign is given up. */
  #campaignEndsAt = NEVER;
  #repeatsAt = NEVER;
  #sendsUnsentAt = NEVER;
  #idleSince = 0;
  #isStopped = false;
  /** Its first operation has come. */
  #hasBegun = false;
  now = 0;

  constructor(self: NodeId, fraction: () => number) {
    this.core = new ProposerCore(self);
    this.#fraction = fraction;
  }

  /**
   * Not while it is the proposer: the next ballot would have another writer, and the context of
   * each key that is written under it would grow by that one for ever.
   */
  get isDone(): boolean {
    if (this.#isStopped) return true;
    if (this.#waiting.size > 0 || !this.#hasBegun) return false;
    return this.core.phase === 'off';
  }

  get wakesAt(): number {
    const ends = leastOf([...this.#waiting.values()].map(({ endsAt }) => endsAt));
    const { phase } = this.core;
    if (phase === 'off') return this.#waiting.size > 0 ? Math.min(ends, this.#campaignsAt) : ends;
    if (phase === 'taking over') return Math.min(ends, this.#campaignEndsAt);
    return Math.min(ends, this.#stallsAt, this.#repeatsAt, this.#sendsUnsentAt);
  }

  begin(): readonly PartitionEffect[] {
    return [];
  }

  /** @param endsAt in milliseconds since `begin` */
  submit(operation: StrongOperation, endsAt: number): readonly PartitionEffect[] {
    this.#hasBegun = true;
    this.#waiting.set(operation.id, { operation, endsAt });
    return [...this.#follow(this.core.submit(operation)), ...this.#campaignIfDue()];
  }

  takeOver(options: TakeOver): readonly PartitionEffect[] {
    this.#proposedAt.clear();
    this.#campaignEndsAt =
      this.now + CAMPAIGN_MILLISECONDS + backOff(this.#refusals, this.#fraction);
    return this.#follow(this.core.takeOver(options));
  }

  /** No ballot can be chosen now; it is tried again. */
  notNow(): readonly PartitionEffect[] {
    this.#putOff();
    return [];
  }

  /** A higher ballot was promised, here or elsewhere. */
  deposed(promised: Ballot): readonly PartitionEffect[] {
    return this.#follow(this.core.deposed(promised));
  }

  answered(from: Sender, reply: AcceptorReply): readonly PartitionEffect[] {
    return this.#follow(this.core.answered(from, reply));
  }

  looked(key: KeyText, record: Siblings | undefined, looked: Looked): readonly PartitionEffect[] {
    return this.#follow(this.core.looked(key, record, looked));
  }

  /** This node cannot decide any more: its replica is being rebuilt, or it stops. */
  abdicate(): readonly PartitionEffect[] {
    this.#putOff();
    return this.#follow(this.core.abdicate());
  }

  stop(): readonly PartitionEffect[] {
    this.#isStopped = true;
    return this.#follow(this.core.abdicate());
  }

  elapsed(): readonly PartitionEffect[] {
    return [...this.#expire(), ...this.#again()];
  }

  #expire(): PartitionEffect[] {
    const effects: PartitionEffect[] = [];
    for (const { operation, endsAt } of [...this.#waiting.values()]) {
      if (endsAt > this.now) continue;
      this.#waiting.delete(operation.id);
      effects.push({ do: 'expire', operation, isOpen: !this.core.withdraw(operation) });
    }
    this.#noteIdle();
    return effects;
  }

  #again(): readonly PartitionEffect[] {
    switch (this.core.phase) {
      case 'off':
        return this.#campaignIfDue();
      case 'taking over':
        if (this.now < this.#campaignEndsAt) return [];
        // Nobody waits for it any more.
        return this.#waiting.size > 0 ? this.#campaignAnew() : this.abdicate();
      case 'active': {
        if (this.now >= this.#stallsAt) return this.#campaignAnew();
        if (this.now >= this.#repeatsAt) {
          this.#repeatsAt = NEVER;
          return this.#follow(this.core.repeat());
        }
        return this.now >= this.#sendsUnsentAt ? this.#follow(this.core.sendUnsent()) : [];
      }
    }
  }

  /** When a proposal has waited too long; where no ballot could be chosen since, it is put off. */
  get #stallsAt(): number {
    return Math.max(leastOf(this.#proposedAt.values()) + STALL_MILLISECONDS, this.#campaignsAt);
  }

  #campaignIfDue(): readonly PartitionEffect[] {
    const isWanted = this.core.phase === 'off' && this.#waiting.size > 0 && !this.#isStopped;
    if (!isWanted || this.now < this.#campaignsAt) return [];
    // Until the ballot is chosen.
    this.#campaignsAt = NEVER;
    return [{ do: 'campaign' }];
  }

  #campaignAnew(): readonly PartitionEffect[] {
    this.#refusals += 1;
    this.#campaignEndsAt = NEVER;
    return [{ do: 'campaign' }];
  }

  #putOff(): void {
    this.#refusals += 1;
    this.#campaignsAt = this.now + backOff(this.#refusals, this.#fraction);
    if (this.core.phase !== 'off') this.#campaignEndsAt = this.#campaignsAt;
  }

  #follow(effects: readonly ProposerEffect[]): readonly PartitionEffect[] {
    for (const effect of effects) {
      switch (effect.do) {
        case 'accept':
        case 'vote':
          this.#proposed(effect.proposal.key);
          break;
        case 'send':
          if (effect.request.is === 'check') this.#proposed(effect.request.proposal.key);
          break;
        case 'answer':
          this.#waiting.delete(effect.operation.id);
          this.#proposedAt.delete(effect.operation.key);
          break;
        case 'count':
          this.#note(effect.what);
          break;
        default:
      }
    }
    const isUnsettled = this.core.unsettledCount > 0 || !this.core.isActiveEverywhere;
    if (this.core.phase === 'active' && isUnsettled && this.#repeatsAt === NEVER) {
      const isIdle = this.now >= this.#idleSince + IDLE_MILLISECONDS;
      this.#repeatsAt = this.now + (isIdle ? IDLE_REPEAT_MILLISECONDS : REPEAT_MILLISECONDS);
    }
    if (!this.core.hasUnsent) this.#sendsUnsentAt = NEVER;
    else if (this.#sendsUnsentAt === NEVER)
      this.#sendsUnsentAt = this.now + LEARN_DELAY_MILLISECONDS;
    this.#noteIdle();
    return effects;
  }

  #proposed(key: KeyText): void {
    if (!this.#proposedAt.has(key)) this.#proposedAt.set(key, this.now);
  }

  #note(what: Extract<ProposerEffect, { do: 'count' }>['what']): void {
    if (what === 'activated') {
      this.#refusals = 0;
      this.#campaignsAt = 0;
      this.#campaignEndsAt = NEVER;
    }
    if (what === 'deposed') {
      this.#proposedAt.clear();
      this.#putOff();
    }
  }

  #noteIdle(): void {
    if (this.#waiting.size > 0) this.#idleSince = this.now;
  }
}
