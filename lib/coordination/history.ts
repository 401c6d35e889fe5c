/** The past of a key, as its replicas have kept it: versions, and how conflicts were resolved. */
import type { Clock } from '../environment/clock.js';
import { OperatingError } from '../errors.js';
import type { Audits } from '../persistence/audits.js';
import type { RecordKey } from '../persistence/keyspace.js';
import type { KeptVersion, KeptVersions, WholeVersion } from '../persistence/versions.js';
import type { Messenger } from '../rpc/messenger.js';
import type { MessageType } from '../rpc/message.js';
import type { Plans } from '../replication/plan.js';
import { type AuditEntry, mergeEntries } from '../resolution/audit-entry.js';
import { entryFromWire, entryToWire, wholeToWire } from './audit-wire.js';
import type { Engine, Operation } from './engine.js';
import { GatherCore, type GatherEffect } from './gather-core.js';
import { attemptsOf, type ConsistencyLevel } from './level.js';
import { RESOLUTIONS, VERSION, VERSIONS } from './messages.js';
import { Deferred } from './deferred.js';

export interface HistoryOptions {
  readonly plans: Plans;
  readonly engine: Engine;
  readonly messenger: Messenger;
  readonly audits: Audits;
  readonly versions: KeptVersions;
  readonly clock: Clock;
  /** So much longer the others have, once enough have answered. */
  readonly graceMilliseconds: number;
}

export interface HistoryQuery {
  readonly at: RecordKey;
  /** As many replicas must say what they have kept: the level that held for the read before. */
  readonly level: ConsistencyLevel;
  /** On the monotonic clock. */
  readonly deadline: number;
}

/** All reject with `level_not_reached` or `deadline_passed`. */
export class Histories {
  readonly #options: HistoryOptions;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** How conflicts were resolved, the latest first. */
  async resolutionsOf(look: HistoryQuery): Promise<AuditEntry[]> {
    const { namespace, key } = look.at;
    const { audits } = this.#options;
    const replies = await this.#gather(look, RESOLUTIONS, { namespace, key }, () => ({
      entries: audits.list(look.at).map(entryToWire),
    }));
    return mergeEntries(replies.map(({ entries }) => entries.map(entryFromWire)));
  }

  /** What any of the replicas keeps, each once, the latest written first. */
  async keptVersionsOf(look: HistoryQuery): Promise<KeptVersion[]> {
    const { namespace, key } = look.at;
    const replies = await this.#gather(look, VERSIONS, { namespace, key }, () => ({
      versions: this.#options.versions.list(look.at),
    }));
    const byVersion = new Map<string, KeptVersion>();
    for (const { versions } of replies) for (const row of versions) byVersion.set(row.version, row);
    return [...byVersion.values()].sort(
      (a, b) => b.writtenAt - a.writtenAt || (a.version < b.version ? 1 : -1),
    );
  }

  /** Undefined where no replica that answered keeps it. */
  async keptVersionOf(look: HistoryQuery, version: string): Promise<WholeVersion | undefined> {
    const { namespace, key } = look.at;
    const replies = await this.#gather(look, VERSION, { namespace, key, version }, () => ({
      kept: wholeToWire(this.#options.versions.read(look.at, version)),
    }));
    const kept = replies.flatMap((reply) => reply.kept ?? [])[0];
    return kept === undefined ? undefined : { ...kept, value: kept.value ?? new Uint8Array(0) };
  }

  #gather<Request, Reply>(
    { at, level, deadline }: HistoryQuery,
    type: MessageType<Request, Reply>,
    request: Request,
    own: () => Reply,
  ): readonly Reply[] | Promise<readonly Reply[]> {
    const { plans, engine, messenger, clock, graceMilliseconds } = this.#options;
    const plan = plans.of(at.partition);
    const [attempt] = attemptsOf([level], plan);
    const { quorum } = attempt ?? plan.under(level);
    const timeoutMilliseconds = deadline - clock.monotonicMilliseconds();
    const core = new GatherCore<Reply>({ plan, quorum, graceMilliseconds, timeoutMilliseconds });
    const outcome = new Deferred<readonly Reply[]>();
    engine.run(core, (effect, operation: Operation<GatherEffect<Reply>, GatherCore<Reply>>) => {
      if (effect.do === 'answer') outcome.resolve(effect.replies);
      else if (effect.do === 'refuse') outcome.reject(tooFew(effect.isLate, quorum.required));
      else if (effect.node === plan.self) {
        operation.dispatch((core) => core.said(plan.self, own()));
      } else {
        const { node } = effect;
        messenger.ask(node, type, request, deadline, (answer) => {
          operation.dispatch((core) =>
            answer.ok ? core.said(node, answer.reply) : core.failed(node),
          );
        });
      }
    });
    return outcome.take();
  }
}

function tooFew(isLate: boolean, required: number): OperatingError {
  return new OperatingError(
    isLate ? 'deadline_passed' : 'level_not_reached',
    'too few replicas said what they have kept',
    { outcome: 'none', details: { required } },
  );
}
