/** The past of a key, as its replicas have kept it: versions, and how conflicts were resolved. */
import type { Clock } from '../../environment/clock.js';
import { OperatingError } from '../../errors.js';
import type { Audits } from '../../persistence/audits.js';
import type { RecordKey } from '../../persistence/keyspace.js';
import type { KeptVersion, KeptVersions, WholeVersion } from '../../persistence/versions.js';
import type { Messenger } from '../../rpc/messenger.js';
import type { MessageType } from '../../rpc/message.js';
import type { Plans } from '../../replication/plan.js';
import { type AuditEntry, mergeEntries } from '../../resolution/audit-entry.js';
import { entryFromWire, wholeToWire } from '../wire/audit-wire.js';
import type { Engine, Operation } from '../engine/engine.js';
import { GatherCore, type GatherEffect } from '../engine/gather-core.js';
import { attemptsOf, type ConsistencyLevel } from '../request/level.js';
import { type PartRequest, RESOLUTIONS, VERSION, VERSIONS } from '../wire/messages.js';
import { Deferred } from '../engine/deferred.js';

export interface HistoryOptions {
  readonly plans: Plans;
  readonly engine: Engine;
  readonly messenger: Messenger;
  readonly audits: Audits;
  readonly versions: KeptVersions;
  readonly clock: Clock;
  /** How long to wait for the other primaries once enough have answered. */
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
    const lists = await this.#gather(look, {
      type: RESOLUTIONS,
      request: { namespace, key, after: null },
      itemsOf: ({ entries }) => entries.map(([, entry]) => entryFromWire(entry)),
      next: ({ entries, more }, request) => following(request, more, entries.at(-1)?.[0]),
      own: () => this.#options.audits.list(look.at),
    });
    return mergeEntries(lists);
  }

  /** What any of the replicas keeps, each once, the latest written first. */
  async keptVersionsOf(look: HistoryQuery): Promise<KeptVersion[]> {
    const { namespace, key } = look.at;
    const lists = await this.#gather(look, {
      type: VERSIONS,
      request: { namespace, key, after: null },
      itemsOf: ({ versions }): readonly KeptVersion[] => versions,
      next: ({ versions, more }, request) => following(request, more, versions.at(-1)?.version),
      own: () => this.#options.versions.list(look.at),
    });
    const byVersion = new Map(lists.flat().map((row) => [row.version, row]));
    return [...byVersion.values()].sort(
      (a, b) => b.writtenAt - a.writtenAt || (a.version < b.version ? 1 : -1),
    );
  }

  /** Undefined where no replica that answered keeps it. */
  async keptVersionOf(look: HistoryQuery, version: string): Promise<WholeVersion | undefined> {
    const { namespace, key } = look.at;
    const lists = await this.#gather(look, {
      type: VERSION,
      request: { namespace, key, version },
      itemsOf: (reply) => [reply.kept ?? []].flat(),
      next: () => undefined,
      own: () => [wholeToWire(this.#options.versions.read(look.at, version)) ?? []].flat(),
    });
    const [kept] = lists.flat();
    return kept === undefined ? undefined : { ...kept, value: kept.value ?? new Uint8Array(0) };
  }

  /** Of each replica that answered, all that it has, whatever number of messages that takes. */
  #gather<Request, Reply, Item>(
    { at, level, deadline }: HistoryQuery,
    { type, request: first, itemsOf, next, own }: Question<Request, Reply, Item>,
  ): readonly Items<Item>[] | Promise<readonly Items<Item>[]> {
    const { plans, engine, messenger, clock, graceMilliseconds } = this.#options;
    const plan = plans.of(at.partition);
    const [attempt] = attemptsOf([level], plan);
    const { quorum } = attempt ?? plan.under(level);
    const timeoutMilliseconds = deadline - clock.monotonicMilliseconds();
    const options = { plan, quorum, graceMilliseconds, timeoutMilliseconds };
    const core = new GatherCore<Items<Item>>(options);
    const outcome = new Deferred<readonly Items<Item>[]>();
    engine.run(core, (effect, operation: Gathering<Item>) => {
      if (effect.do === 'answer') outcome.resolve(effect.replies);
      else if (effect.do === 'refuse') outcome.reject(tooFew(effect.isLate, quorum.required));
      else if (effect.node === plan.self) {
        operation.dispatch((core) => core.said(plan.self, own()));
      } else {
        const { node } = effect;
        const ask = (request: Request, before: Items<Item>): void =>
          messenger.ask(node, type, request, deadline, (answer) => {
            if (!answer.ok) {
              operation.dispatch((core) => core.failed(node));
              return;
            }
            const items = [...before, ...itemsOf(answer.reply)];
            const rest = next(answer.reply, request);
            if (rest === undefined) operation.dispatch((core) => core.said(node, items));
            else ask(rest, items);
          });
        ask(first, []);
      }
    });
    return outcome.take();
  }
}

type Items<Item> = readonly Item[];
type Gathering<Item> = Operation<GatherEffect<Items<Item>>, GatherCore<Items<Item>>>;

/** What each replica is asked, until it has sent all. */
interface Question<Request, Reply, Item> {
  readonly type: MessageType<Request, Reply>;
  readonly request: Request;
  readonly itemsOf: (reply: Reply) => Items<Item>;
  /** What is asked next; undefined: nothing. */
  readonly next: (reply: Reply, request: Request) => Request | undefined;
  readonly own: () => Items<Item>;
}

function following(
  request: PartRequest,
  more: boolean,
  last: string | undefined,
): PartRequest | undefined {
  return more && last !== undefined ? { ...request, after: last } : undefined;
}

function tooFew(isLate: boolean, required: number): OperatingError {
  return new OperatingError(
    isLate ? 'deadline_passed' : 'level_not_reached',
    'too few replicas said what they have kept',
    { outcome: 'none', details: { required } },
  );
}
