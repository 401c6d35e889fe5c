/** Puts and deletes: what write-core.ts decides, done (Dynamo 4.5). */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import type { Audits } from '../persistence/audits.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { PartitionHealth } from '../replica/health.js';
import type { Hints } from '../hints/hints.js';
import type { Identity } from '../replica/identity.js';
import { clockNotSane, type Intent } from '../replica/intent.js';
import type { Minter } from '../replica/minter.js';
import type { Minted, Replica } from '../replica/replica.js';
import type { Store } from '../persistence/store.js';
import type { Transaction } from '../persistence/transaction.js';
import type { Messenger } from '../rpc/messenger.js';
import type { Hedging } from '../replication/hedging.js';
import type { Plan, Plans } from '../replication/plan.js';
import { type Dot, dotText, parseDot } from '../versioning/dot.js';
import { find } from '../versioning/siblings.js';
import { entryToWire } from './audit-wire.js';
import type { Engine, Operation } from './engine.js';
import { attemptsOf } from './level.js';
import { PUT, type WireAuditEntry } from './messages.js';
import { Deferred } from './deferred.js';
import { putToWire, resultFromWire } from './put-wire.js';
import type { Put, PutResult } from './put-request.js';
import type { Replicas } from './replicas.js';
import type { Standings } from './standings.js';
import { type Reached, WriteCore, type WriteEffect } from './write-core.js';

export interface WritesOptions {
  readonly plans: Plans;
  readonly engine: Engine;
  readonly replicas: Replicas;
  readonly standings: Standings;
  /** Its start is part of the own acknowledgement. */
  readonly identity: Identity;
  readonly messenger: Messenger;
  readonly hedging: Hedging;
  readonly store: Store;
  readonly replica: Replica;
  readonly minter: Minter;
  readonly hints: Hints;
  readonly audits: Audits;
  readonly health: PartitionHealth;
  readonly expiryClock: ExpiryClock;
  readonly clock: Clock;
  readonly observer: Observer;
}

type Writing = Operation<WriteEffect, WriteCore>;

/** One write under way, and what it has come to. */
interface Write {
  readonly put: Put;
  readonly plan: Plan;
  readonly outcome: Deferred<PutResult>;
  minted: Minted | undefined;
  audit: WireAuditEntry | undefined;
}

export class Writes {
  readonly #options: WritesOptions;

  constructor(options: WritesOptions) {
    this.#options = options;
  }

  /**
   * @throws OperatingError `siblings`, `level_not_reached` (nothing happened), `outcome_unknown`
   * and `deadline_passed` (it may surface later), `context_too_large`, `overloaded`, `read_only`,
   * `storage_failed`, `clock_not_sane`
   */
  put(request: Put): PutResult | Promise<PutResult> {
    const { plans, engine, hedging, clock, standings } = this.#options;
    const { at, levels, zone, deadline, change, seen } = request;
    const plan = plans.of(at.partition);
    const keepsEnd = change.state === 'value' && change.ttlSeconds === 'keep';
    const core = new WriteCore({
      plan,
      attempts: attemptsOf(levels, plan, zone),
      timeoutMilliseconds: deadline - clock.monotonicMilliseconds(),
      isForwarded: request.forwarded,
      isResolution: request.resolving !== undefined,
      unfit: plan.isPrimary ? this.#unfit(request) : undefined,
      asksFirst: seen === undefined || keepsEnd,
      patience: (asked, left) => hedging.patience(plan, asked, left),
      standing: standings.of(at.partition),
    });
    const write: Write = {
      ...{ put: request, plan, outcome: new Deferred(), minted: undefined, audit: undefined },
    };
    engine.run(core, (effect: WriteEffect, operation: Writing) => {
      this.#perform(effect, operation, write);
    });
    return write.outcome.take();
  }

  #perform(effect: WriteEffect, operation: Writing, write: Write): void {
    const { outcome, put } = write;
    switch (effect.do) {
      case 'forward':
        this.#forward(effect.node, operation, put);
        break;
      case 'ask':
        this.#ask(effect, operation, put);
        break;
      case 'count hedges':
        this.#options.observer.count('quorate_hedges_total', {}, effect.count);
        break;
      case 'mint':
        this.#mint(effect, operation, write);
        break;
      case 'mint as stand-in':
        this.#mintAsStandIn(operation, write);
        break;
      case 'copy':
        this.#copy(effect.node, operation, write);
        break;
      case 'hold':
        this.#hold(effect, operation, write);
        break;
      case 'answer':
        outcome.resolve(resultOf(write, effect.reached));
        break;
      case 'pass on':
        outcome.resolve(effect.result);
        break;
      case 'refuse':
        outcome.reject(effect.error);
        break;
    }
  }

  /** Why this primary cannot mint. */
  #unfit({ at, change }: Put): OperatingError | undefined {
    const { store, minter, health, expiryClock } = this.#options;
    const ends = change.state === 'value' && change.ttlSeconds !== undefined;
    // A primary whose clock is wrong would give a wrong end, and does not know what has ended.
    const clock = ends && expiryClock.now() === undefined ? clockNotSane() : undefined;
    const refusal = change.state === 'tombstone' ? store.shrinkingRefusal : store.refusal;
    return refusal ?? minter.obstacle ?? health.obstacle(at.partition) ?? clock;
  }

  #forward(node: NodeId, operation: Writing, put: Put): void {
    const { messenger, observer } = this.#options;
    messenger.ask(node, PUT, putToWire(put), put.deadline, (answer) => {
      observer.count('quorate_forwards_total', { result: answer.ok ? 'ok' : answer.error.code });
      operation.tell((course) =>
        answer.ok
          ? course.forwarded(resultFromWire(answer.reply))
          : course.notForwarded(node, answer.error),
      );
    });
  }

  #ask(
    { node, round, want }: Extract<WriteEffect, { do: 'ask' }>,
    operation: Writing,
    { at, deadline }: Put,
  ): void {
    this.#options.replicas.read(node, { at, want, durable: false, deadline }, (copy) => {
      operation.tell((course) =>
        copy === undefined ? course.failed(round, node) : course.said(round, copy),
      );
    });
  }

  /** One transaction: read, merge, mint, own hints, audit. Then the copies leave. */
  #mint(
    { met, targets }: Extract<WriteEffect, { do: 'mint' }>,
    operation: Writing,
    write: Write,
  ): void {
    const { replica, hints, health, identity } = this.#options;
    const { put, plan } = write;
    const { at, durability } = put;
    const held = targets.filter((target) => hints.admit(target));
    const { start } = identity;
    let committed: Promise<void>;
    try {
      const intent = intentOf(put, plan, met);
      const minted = replica.mint(at, intent, durability, (transaction, { bytes, dot }) => {
        for (const target of held) hints.holdIn(transaction, target, at, bytes, false);
        write.audit = this.#auditIn(transaction, put, dot);
      });
      write.minted = minted.value;
      committed = minted.committed;
    } catch (error) {
      const refusal = error instanceof OperatingError ? error : undefined;
      if (refusal === undefined) throw error;
      operation.tell((course) => course.notMinted(refusal));
      return;
    }
    operation.tell((course) => course.minted());
    const settle = (stored: boolean): void => {
      operation.tell((course) => {
        for (const _ of stored ? held : []) course.held();
        const vouches = stored && !health.isRebuilding(at.partition);
        return course.stored(plan.self, vouches ? { start } : undefined);
      });
    };
    committed.then(
      () => settle(true),
      () => settle(false),
    );
  }

  /** A resolution leaves its audit entry in the transaction that writes its result. */
  #auditIn(transaction: Transaction, { at, resolving }: Put, dot: Dot): WireAuditEntry | undefined {
    if (resolving === undefined) return undefined;
    const { audits, clock } = this.#options;
    const entry = { ...resolving, at: clock.wallMilliseconds(), kept: dotText(dot) };
    return entryToWire(audits.addIn(transaction, at, entry));
  }

  #mintAsStandIn(operation: Writing, write: Write): void {
    const { hints } = this.#options;
    const { put, plan } = write;
    const refused = (error: unknown): void => {
      if (!(error instanceof OperatingError)) throw error;
      operation.tell((course) => course.notMintedAsStandIn(error));
    };
    try {
      const owners = plan.primaries.map(({ node }) => node);
      const intent = intentOf(put, plan, undefined);
      const { value, committed } = hints.mint(put.at, owners, intent, put.durability);
      write.minted = value;
      committed.then(() => operation.tell((course) => course.mintedAsStandIn()), refused);
    } catch (error) {
      refused(error);
    }
  }

  #copy(node: NodeId, operation: Writing, { put, minted, audit }: Write): void {
    if (minted === undefined) throw new Error('Invariant broken: what is sent was minted');
    const { at, durability, deadline } = put;
    const copy = { at, record: minted.bytes, durability, deadline, audit };
    this.#options.replicas.write(node, copy, (stored) => {
      operation.tell((course) => course.stored(node, stored));
    });
  }

  #hold(
    { holder, target }: Extract<WriteEffect, { do: 'hold' }>,
    operation: Writing,
    { put, minted }: Write,
  ): void {
    if (minted === undefined) throw new Error('Invariant broken: what is held was minted');
    const { at, durability } = put;
    this.#options.replicas.hold(
      { holder, target, at, record: minted.bytes, durability },
      (held) => {
        if (held) operation.course.held();
      },
    );
  }
}

function intentOf({ change, seen, resolving }: Put, { epoch }: Plan, met: Intent['met']): Intent {
  const resolves = resolving?.dropped.flatMap(({ version }) => parseDot(version) ?? []);
  return { change, seen, met, resolves, epoch };
}

function resultOf({ minted }: Write, reached: Reached): PutResult {
  if (minted === undefined) throw new Error('Invariant broken: what is answered was minted');
  const { dot, siblings, seen, replaced } = minted;
  const writtenAt = find(siblings, dot)?.writtenAt ?? 0;
  return { version: dotText(dot), writtenAt, seen, replaced, ...reached };
}
