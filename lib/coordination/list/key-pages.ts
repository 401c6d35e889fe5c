/** The keys of a list, page by page: what list-core.ts decides, done (Dynamo 4.5). */
import type { Clock } from '../../environment/clock.js';
import type { Observer } from '../../environment/observer.js';
import { OperatingError } from '../../errors.js';
import { partitionOf } from '../../partitioning/partition.js';
import type { ExpiryClock } from '../../persistence/expiry-clock.js';
import { recordKey } from '../../persistence/keyspace.js';
import { decodeRecord } from '../../persistence/records.js';
import type { ClusterView } from '../../replication/cluster-view.js';
import type { Hedging } from '../../replication/hedging.js';
import type { Plans } from '../../replication/plan.js';
import type { Messenger } from '../../rpc/messenger.js';
import { liveVersions, mergeAll } from '../../versioning/siblings.js';
import { Deferred } from '../engine/deferred.js';
import type { Engine, Operation } from '../engine/engine.js';
import type { Standings } from '../engine/standings.js';
import { attemptsOf, type ConsistencyLevel } from '../request/level.js';
import type { KeyListRequest } from '../request/request.js';
import { KEYS_IN_ORDER } from '../wire/messages.js';
import { listCoreOf } from './explained-list.js';
import type { ListCore } from './list-core.js';
import type { ListCoreOptions, ListedPage, ListEffect, ReportedPage } from './list-effects.js';
import { bitsOf, type KeysReply, type ListServiceOptions, tellKeys } from './list-service.js';

export interface KeyPagesOptions {
  /** What this node tells of its own keys. */
  readonly own: ListServiceOptions;
  readonly plans: Plans;
  readonly view: ClusterView;
  readonly engine: Engine;
  readonly standings: Standings;
  readonly hedging: Hedging;
  readonly messenger: Messenger;
  readonly expiryClock: ExpiryClock;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** Which keys, and at most how many. */
export type PagedKeys = Pick<KeyListRequest, 'namespace' | 'prefix' | 'limit' | 'explanation'>;

export class KeyPages {
  readonly #options: KeyPagesOptions;

  constructor(options: KeyPagesOptions) {
    this.#options = options;
  }

  /**
   * The keys of a page, by what as many owners as the level needs have named.
   * @throws OperatingError `level_not_reached`, `deadline_passed`, `invalid_level`
   */
  page(
    { namespace, prefix, limit, explanation }: PagedKeys,
    after: string,
    level: ConsistencyLevel,
    deadline: number,
  ): ListedPage | Promise<ListedPage> {
    const { own, plans, view, engine, standings, hedging, clock, observer } = this.#options;
    const { ownership } = own;
    const partitions = Array.from({ length: ownership.partitionCount }, (_, partition) => {
      const plan = plans.of(partition);
      const [attempt] = attemptsOf([level], plan);
      const { quorum } = attempt ?? plan.under(level);
      return { partition, plan, quorum, standing: standings.of(partition) };
    });
    const settled = partitions.some(({ plan }) => plan.under(level).settlesAcceptances);
    const order = ownership.nodes.filter((node) => view.isUp(node));
    const options: ListCoreOptions = {
      ...{ partitions, after, limit },
      timeoutMilliseconds: deadline - clock.monotonicMilliseconds(),
      patience: (asked, left) => hedging.patience({ order }, asked, left),
      partitionOf: (key) => partitionOf(namespace, key, ownership.partitionCount),
      isLive: (key, states) => this.#isLive(namespace, key, states),
    };
    const core = listCoreOf(options, level.name, explanation);
    const outcome = new Deferred<ListedPage>();
    engine.run(core, (effect: ListEffect, operation: Operation<ListEffect, ListCore>) => {
      switch (effect.do) {
        case 'ask':
          this.#ask(effect, { namespace, prefix, settled }, deadline, operation);
          break;
        case 'count hedges':
          observer.count('quorate_hedges_total', {}, effect.count);
          break;
        case 'answer':
          outcome.resolve(effect.page);
          break;
        case 'refuse':
          outcome.reject(effect.error);
          break;
      }
    });
    return outcome.take();
  }

  #ask(
    { ask, node, after, limit, partitions }: ListEffect & { readonly do: 'ask' },
    of: Pick<PagedKeys, 'namespace' | 'prefix'> & { readonly settled: boolean },
    deadline: number,
    operation: Operation<ListEffect, ListCore>,
  ): void {
    const { own, view, messenger } = this.#options;
    const { losses, ownership } = own;
    const bits = bitsOf(partitions, ownership.partitionCount);
    const request = { ...of, after, limit, partitions: bits };
    const said = (reply: KeysReply): void => {
      losses.learn(reply.lost);
      operation.dispatch((core) => core.said(ask, pageOf(reply)));
    };
    const failed = (why: unknown): void => {
      operation.dispatch((core) =>
        core.failed(ask, why instanceof OperatingError ? why : undefined),
      );
    };
    if (node === view.self) {
      tellKeys(own, request, deadline).then(said, failed);
      return;
    }
    messenger.ask(node, KEYS_IN_ORDER, request, deadline, (answer) => {
      if (answer.ok) said(answer.reply);
      else failed(answer.error);
    });
  }

  #isLive(namespace: string, key: string, states: readonly Uint8Array[]): boolean {
    const { own, expiryClock } = this.#options;
    const at = recordKey(namespace, key, own.ownership.partitionCount);
    const merged = mergeAll(states.map((bytes) => decodeRecord(at, bytes)));
    return liveVersions(merged, expiryClock.now()).length > 0;
  }
}

function pageOf({ keys, states, reached, obstructed, start }: KeysReply): ReportedPage {
  const byPlace = new Map(states);
  const reported = keys.map((key, i) => ({ key, state: byPlace.get(i) }));
  return { keys: reported, reached: reached ?? undefined, obstructed, start };
}
