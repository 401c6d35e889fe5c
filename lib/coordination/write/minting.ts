/** What a write does on this node: it is minted, looked at, claims; each in one step (W2, W7). */
import type { Clock } from '../../environment/clock.js';
import { assert, OperatingError } from '../../errors.js';
import type { Hints } from '../../hints/hints.js';
import type { Audits } from '../../persistence/audits.js';
import type { ExpiryClock } from '../../persistence/expiry-clock.js';
import type { StallWatch } from '../../persistence/stall-watch.js';
import type { Store } from '../../persistence/store.js';
import type { Transaction } from '../../persistence/transaction.js';
import type { Stamped } from '../../replica/blind-report.js';
import type { PartitionHealth } from '../../replica/health.js';
import type { Identity } from '../../replica/identity.js';
import { clockNotSane, type Intent } from '../../replica/intent.js';
import type { Minted } from '../../replica/mint-on.js';
import type { Minter } from '../../replica/minter.js';
import type { ClaimedHere, Replica } from '../../replica/replica.js';
import type { Plan } from '../../replication/plan.js';
import { dotText, parseDot } from '../../versioning/dot.js';
import { auditOf } from './audit-of-write.js';
import { entryToWire } from '../wire/audit-wire.js';
import type { Deferred } from '../engine/deferred.js';
import type { Operation } from '../engine/engine.js';
import type { WireAuditEntry } from '../wire/messages.js';
import type { Put, PutResult } from '../request/put-request.js';
import type { WriteCore } from './write-core.js';
import type { OwnRecordState, WriteEffect } from './write-effects.js';

export interface MintingOptions {
  readonly replica: Replica;
  readonly hints: Hints;
  readonly audits: Audits;
  readonly health: PartitionHealth;
  /** Its start is part of the own acknowledgement. */
  readonly identity: Identity;
  readonly clock: Clock;
  /** What can keep this node from minting, beside its health. */
  readonly store: Pick<Store, 'refusal' | 'shrinkingRefusal'>;
  readonly stalls: Pick<StallWatch, 'refusal'>;
  readonly minter: Pick<Minter, 'refusal'>;
  readonly expiryClock: ExpiryClock;
}

export type WriteOperation = Operation<WriteEffect, WriteCore>;

/** One write under way, and what it has come to. */
export interface WriteInProgress {
  readonly put: Put;
  readonly plan: Plan;
  readonly outcome: Deferred<PutResult>;
  minted: Minted | undefined;
  /** Of a blind write: the concurrent versions that it took. */
  claimed: ClaimedHere | undefined;
  /** Of what was written last. */
  audit: WireAuditEntry | undefined;
  /** It is answered, or given up. */
  close: () => void;
}

export class Minting {
  readonly #options: MintingOptions;
  /** What waits for the batch to which something was added last. */
  #waiting:
    | { readonly committed: Promise<void>; readonly settles: ((stored: boolean) => void)[] }
    | undefined;

  constructor(options: MintingOptions) {
    this.#options = options;
  }

  /** Why this primary cannot mint; undefined: it can. */
  refusal({ at, change }: Put): OperatingError | undefined {
    const { store, stalls, minter, health, expiryClock } = this.#options;
    const ends = change.state === 'value' && change.ttlSeconds !== undefined;
    // A primary whose clock is wrong would give a wrong end, and does not know what has ended.
    const clock = ends && expiryClock.now() === undefined ? clockNotSane() : undefined;
    const refusal = change.state === 'tombstone' ? store.shrinkingRefusal : store.refusal;
    const busy = stalls.refusal ?? minter.refusal ?? health.refusal(at.partition);
    return refusal ?? busy ?? clock;
  }

  /** One transaction: read, merge, mint, own hints, audit. Then the copies leave. */
  mint(
    { known, targets, isOpen }: Extract<WriteEffect, { do: 'mint' }>,
    operation: WriteOperation,
    write: WriteInProgress,
  ): void {
    const { replica, hints, health, identity } = this.#options;
    const { put, plan } = write;
    const { at, durability } = put;
    let held = targets.filter((target) => hints.admit(target));
    const { start } = identity;
    let committed: Promise<void>;
    try {
      const intent = intentOf(put, plan, known);
      const minted = replica.mint(at, intent, durability, (transaction, value) => {
        held = held.filter((target) => hints.holdIn(transaction, target, at, value.bytes));
        write.audit = this.#auditIn(transaction, write, value);
      });
      write.minted = minted.value;
      committed = minted.committed;
      if (isOpen) write.close = replica.openBlindWrites.add(at, versionOf(minted.value));
    } catch (error) {
      const refusal = error instanceof OperatingError ? error : undefined;
      if (refusal === undefined) throw error;
      operation.dispatch((core) => core.notMinted(refusal));
      return;
    }
    const version = versionOf(write.minted);
    operation.dispatch((core) => core.minted(version));
    const settle = (stored: boolean): void => {
      operation.dispatch((core) => {
        for (const target of stored ? held : []) core.held(target);
        const vouches = stored && !health.isRebuilding(at.partition);
        return core.stored(plan.self, vouches ? { start } : undefined, 'write');
      });
    };
    this.#whenCommitted(committed, settle);
  }

  /** Writes of one batch wait for one promise, and go on one after the other. */
  #whenCommitted(committed: Promise<void>, settle: (stored: boolean) => void): void {
    if (this.#waiting?.committed === committed) {
      this.#waiting.settles.push(settle);
      return;
    }
    const settles = [settle];
    this.#waiting = { committed, settles };
    const settleAll = (stored: boolean): void => {
      if (this.#waiting?.settles === settles) this.#waiting = undefined;
      for (const one of settles) one(stored);
    };
    committed.then(
      () => settleAll(true),
      () => settleAll(false),
    );
  }

  look({ put, minted }: WriteInProgress): OwnRecordState {
    assert(minted !== undefined, 'what is looked for was minted');
    try {
      return this.#options.replica.lookAtBlind(put.at, versionOf(minted));
    } catch (error) {
      if (error instanceof OperatingError) return error;
      throw error;
    }
  }

  /** In the same step as the look. It is sent once it is synced here. */
  claim(
    { taken, reports, targets }: Extract<WriteEffect, { do: 'claim' }>,
    operation: WriteOperation,
    write: WriteInProgress,
  ): void {
    const { replica, hints, health, identity } = this.#options;
    const { put, plan, minted } = write;
    assert(minted !== undefined, 'what claims was minted');
    const { at, durability } = put;
    let held = targets.filter((target) => hints.admit(target));
    const { start } = identity;
    const refused = (error: unknown): void => {
      if (!(error instanceof OperatingError)) throw error;
      operation.dispatch((core) => core.notClaimed(error));
    };
    try {
      const claim = { of: minted.dot, taken, reports, epoch: plan.epoch };
      const { value, committed } = replica.claim(
        ...([at, claim, minted.seen, durability] as const),
        (transaction, made) => {
          held = held.filter((target) => hints.holdIn(transaction, target, at, made.bytes));
          write.audit = this.#auditIn(transaction, write, minted, made);
        },
      );
      write.claimed = value;
      committed.then(() => {
        operation.dispatch((core) => {
          for (const target of held) core.held(target);
          return core.claimed(health.isRebuilding(at.partition) ? undefined : start);
        });
      }, refused);
    } catch (error) {
      refused(error);
    }
  }

  /** In the transaction of what the entry is of. */
  #auditIn(
    transaction: Transaction,
    { put, plan }: WriteInProgress,
    minted: Minted,
    claimed?: ClaimedHere,
  ): WireAuditEntry | undefined {
    const { audits, clock } = this.#options;
    const entry = auditOf(put, plan.self, minted, claimed);
    if (entry === undefined) return undefined;
    const at = clock.wallMilliseconds();
    const kept = dotText(minted.dot);
    return entryToWire(audits.addIn(transaction, put.at, { ...entry, at, kept }));
  }

  mintAsStandIn(operation: WriteOperation, write: WriteInProgress): void {
    const { hints } = this.#options;
    const { put, plan } = write;
    const refused = (error: unknown): void => {
      if (!(error instanceof OperatingError)) throw error;
      operation.dispatch((core) => core.notMintedAsStandIn(error));
    };
    try {
      const owners = plan.primaries.map(({ node }) => node);
      const intent = intentOf(put, plan, undefined);
      const { value, committed } = hints.mint(put.at, owners, intent, put.durability);
      write.minted = value;
      committed.then(() => operation.dispatch((core) => core.mintedAsStandIn()), refused);
    } catch (error) {
      refused(error);
    }
  }
}

function intentOf(
  { change, seen, resolving, past }: Put,
  { epoch }: Plan,
  known: Intent['known'],
): Intent {
  const resolves = resolving?.dropped.flatMap(({ version }) => parseDot(version) ?? []);
  return { change, seen, known, resolves, epoch, past };
}

/** What was written last: it holds all that came before. */
export function recordOf({ minted, claimed }: WriteInProgress): Uint8Array {
  assert(minted !== undefined, 'what is sent was minted');
  return (claimed ?? minted).bytes;
}

function versionOf({ dot, seen }: Minted): Stamped {
  return { dot, stamp: seen.stamp };
}
