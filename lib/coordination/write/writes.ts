/** Puts and deletes: what write-core.ts decides, done (Dynamo 4.5). */
import type { Clock } from '../../environment/clock.js';
import type { Observer } from '../../environment/observer.js';
import type { NodeId } from '../../environment/transport.js';
import { assert, OperatingError } from '../../errors.js';
import type { Messenger } from '../../rpc/messenger.js';
import type { Hedging } from '../../replication/hedging.js';
import type { Plans } from '../../replication/plan.js';
import { dotText } from '../../versioning/dot.js';
import type { PartitionFloor } from '../../versioning/session-token.js';
import type { Engine } from '../engine/engine.js';
import { writeCoreOf } from './explained-write.js';
import { attemptsOf } from '../request/level.js';
import { type Minting, recordOf, type WriteInProgress, type WriteOperation } from './minting.js';
import { Deferred } from '../engine/deferred.js';
import type { OpenAcceptances } from '../strong/open-acceptances.js';
import { forwardedPut, PUT } from '../wire/put-layout.js';
import type { Put, PutResult } from '../request/put-request.js';
import type { Reads } from '../read/reads.js';
import type { Replicas } from '../read/replicas.js';
import type { Standings } from '../engine/standings.js';
import type { CopyKind, WriteEffect } from './write-effects.js';

export interface WritesOptions {
  readonly plans: Plans;
  readonly engine: Engine;
  readonly replicas: Replicas;
  readonly standings: Standings;
  /** What is done on this node. */
  readonly minting: Minting;
  /** They bring what a session has seen. */
  readonly reads: Pick<Reads, 'cover'>;
  readonly messenger: Messenger;
  readonly hedging: Hedging;
  readonly openAcceptances: OpenAcceptances;
  readonly clock: Clock;
  readonly observer: Observer;
}

const nothing = (): void => undefined;

export class Writes {
  readonly #options: WritesOptions;

  constructor(options: WritesOptions) {
    this.#options = options;
  }

  /**
   * @throws OperatingError `level_not_reached` (nothing happened), `outcome_unknown`
   * and `deadline_passed` (it may surface later), `context_too_large`, `overloaded`, `read_only`,
   * `storage_failed`, `clock_not_sane`
   */
  put(request: Put): PutResult | Promise<PutResult> {
    const { plans, engine, hedging, clock, standings, minting, openAcceptances } = this.#options;
    const { at, levels, zone, deadline, change, seen } = request;
    const plan = plans.of(at.partition);
    const keepsEnd = change.state === 'value' && change.ttlSeconds === 'keep';
    const core = writeCoreOf(
      {
        plan,
        attempts: attemptsOf(levels, plan, zone),
        timeoutMilliseconds: deadline - clock.monotonicMilliseconds(),
        isForwarded: request.forwarded,
        isResolution: request.resolving !== undefined,
        mintRefusal: plan.isPrimary ? minting.refusal(request) : undefined,
        isBlind: seen === undefined,
        hasAcceptance: openAcceptances.has(at),
        asksFirst: keepsEnd,
        session: request.session,
        patience: (asked, left) => hedging.patience(plan, asked, left),
        standing: standings.of(at.partition),
      },
      request.explanation,
    );
    const write: WriteInProgress = {
      put: request,
      plan,
      outcome: new Deferred(),
      minted: undefined,
      claimed: undefined,
      audit: undefined,
      close: nothing,
    };
    engine.run(core, (effect: WriteEffect, operation: WriteOperation) => {
      this.#perform(effect, operation, write);
    });
    return write.outcome.take();
  }

  #perform(effect: WriteEffect, operation: WriteOperation, write: WriteInProgress): void {
    const { minting, observer } = this.#options;
    const { outcome, put } = write;
    switch (effect.do) {
      case 'forward':
        this.#forward(effect.node, operation, put);
        break;
      case 'ask':
        this.#ask(effect, operation, put);
        break;
      case 'cover':
        this.#cover(effect.floor, operation, put);
        break;
      case 'count hedges':
        observer.count('quorate_hedges_total', {}, effect.count);
        break;
      case 'settle':
        this.#settle(operation, put);
        break;
      case 'mint':
        minting.mint(effect, operation, write);
        break;
      case 'mint as stand-in':
        minting.mintAsStandIn(operation, write);
        break;
      case 'look':
        operation.dispatch((core) => core.looked(minting.look(write)));
        break;
      case 'claim':
        minting.claim(effect, operation, write);
        break;
      case 'copy':
        this.#copy(effect.node, effect.sent, operation, write);
        break;
      case 'hold':
        this.#hold(effect, operation, write);
        break;
      case 'answer':
        this.#countBlind(write, effect);
        write.close();
        outcome.resolve(resultOf(write, effect));
        break;
      case 'pass on':
        outcome.resolve(effect.result);
        break;
      case 'refuse':
        write.close();
        outcome.reject(effect.error);
        break;
    }
  }

  #forward(node: NodeId, operation: WriteOperation, put: Put): void {
    const { messenger, observer } = this.#options;
    messenger.ask(node, PUT, forwardedPut(put), put.deadline, (answer) => {
      observer.count('quorate_forwards_total', { result: answer.ok ? 'ok' : answer.error.code });
      if (answer.ok) put.explanation?.adopt(answer.reply.explained ?? null);
      operation.dispatch((core) =>
        answer.ok ? core.forwarded(answer.reply.result) : core.notForwarded(node, answer.error),
      );
    });
  }

  #cover(session: PartitionFloor, operation: WriteOperation, put: Put): void {
    const { at, deadline, explanation } = put;
    const covered = (): void => operation.dispatch((core) => core.covered());
    const refused = (error: unknown): void => {
      if (!(error instanceof OperatingError)) throw error;
      operation.dispatch((core) => core.notCovered(error));
    };
    try {
      const got = this.#options.reads.cover({ at, deadline, session, explanation });
      if (got instanceof Promise) got.then(covered, refused);
      else covered();
    } catch (error) {
      refused(error);
    }
  }

  #settle(operation: WriteOperation, { at }: Put): void {
    const settled = this.#options.openAcceptances.settled(at) ?? Promise.resolve();
    settled.then(
      () => operation.dispatch((core) => core.settled()),
      (error: unknown) => {
        if (!(error instanceof OperatingError)) throw error;
        operation.dispatch((core) => core.notSettled(error));
      },
    );
  }

  #ask(
    { node, round, want }: Extract<WriteEffect, { do: 'ask' }>,
    operation: WriteOperation,
    { at, deadline }: Put,
  ): void {
    this.#options.replicas.read(node, { at, want, atLeast: 'held', deadline }, (copy, why) => {
      operation.dispatch((core) =>
        copy === undefined ? core.failed(round, node, why) : core.said(round, copy),
      );
    });
  }

  #countBlind(
    { put, claimed }: WriteInProgress,
    { left }: Extract<WriteEffect, { do: 'answer' }>,
  ): void {
    if (put.seen !== undefined) return;
    const end = left.length > 0 ? 'left' : 'alone';
    const result = claimed === undefined ? end : 'claimed';
    this.#options.observer.count('quorate_blind_writes_total', { result });
  }

  #copy(node: NodeId, sent: CopyKind, operation: WriteOperation, write: WriteInProgress): void {
    const { put, minted, audit } = write;
    const { at, durability, deadline, seen } = put;
    const blind = sent === 'write' && seen === undefined ? minted?.dot : undefined;
    const copy = { at, record: recordOf(write), durability, deadline, audit, blind };
    this.#options.replicas.write(node, copy, (stored, why) => {
      operation.dispatch((core) => core.stored(node, stored, sent, why));
    });
  }

  #hold(
    { holder, target }: Extract<WriteEffect, { do: 'hold' }>,
    operation: WriteOperation,
    write: WriteInProgress,
  ): void {
    const { at, durability } = write.put;
    const hint = { holder, target, at, record: recordOf(write), durability };
    this.#options.replicas.hold(hint, (held) => {
      if (held) operation.core.held(target);
    });
  }
}

function resultOf(
  { put, minted, claimed }: WriteInProgress,
  { reached, left }: Extract<WriteEffect, { do: 'answer' }>,
): PutResult {
  assert(minted !== undefined, 'what is answered was minted');
  const { dot, seen } = minted;
  const { level, answered, asked, standIns } = reached;
  const replaced = minted.replaced.map(({ version }) => version);
  for (const { version } of claimed?.replaced ?? []) replaced.push(version);
  return {
    version: dotText(dot),
    writtenAt: seen.stamp,
    seen: claimed?.seen ?? seen,
    replaced,
    // Without a context it has looked further than its own record.
    beside:
      put.seen === undefined ? left.map(({ dot }) => dotText(dot)) : minted.beside.map(dotText),
    claim: claimed && dotText(claimed.dot),
    level,
    answered,
    asked,
    standIns,
  };
}
