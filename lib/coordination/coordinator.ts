/** The coordinator of client requests: texts become levels, contexts and deadlines (Dynamo 4.5). */
import { OperatingError } from '../errors.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { RecordTable } from '../persistence/record-table.js';
import type { Plans } from '../replication/plan.js';
import type { Resolver } from '../resolution/resolver.js';
import type { ContextSeal } from '../versioning/causal-context.js';
import { dotText, parseDot } from '../versioning/dot.js';
import {
  floorOf,
  joinTokens,
  NOTHING_SEEN_YET,
  type SessionToken,
} from '../versioning/session-token.js';
import { isLasting, liveVersions } from '../versioning/siblings.js';
import { Addressing, type AddressingOptions, notReady } from './request/addressing.js';
import { seenByWriter } from './request/blind-writes.js';
import { Contexts } from './request/contexts.js';
import { type ConflictListOptions, listConflicts } from './conflict/conflict-list.js';
import { allVersions, oneVersion } from './conflict/versions-of-key.js';
import type { CopyInspection } from './conflict/copy-inspection.js';
import type { Histories, HistoryQuery } from './conflict/history.js';
import { parseLevel, STRONG } from './request/level.js';
import type { HeldClocks } from './session/held-clocks.js';
import { FlagWait } from './session/flag-wait.js';
import { assertDurable, type SeenAt, type SessionGet, type Sessions } from './session/sessions.js';
import { LargeReads, PAST_BYTES } from './read/large-reads.js';
import { assertFits, LargeWork, WRITTEN_BYTES_MAX } from './request/large-work.js';
import type { LevelPaths } from './path/level-paths.js';
import { assertOnce, conditionOf, levelsOf, unmetOf, writeLevelOf } from './path/precondition.js';
import type { Put, PutResult } from './request/put-request.js';
import type { Got } from './read/read-effects.js';
import type {
  ConflictList,
  ConflictListRequest,
  ConflictsAnswer,
  Coordination,
  CopiesAnswer,
  CopiesRequest,
  GetAnswer,
  GetRequest,
  PutAnswer,
  PutRequest,
  ResolvePreview,
  ResolveRequest,
  VersionRequest,
  VersionsAnswer,
} from './request/request.js';
import { changeUnder, type Defaults, writeDurability } from './request/request-defaults.js';
import {
  type Resolve,
  resolveByOf,
  type ConflictResolution,
} from './conflict/conflict-resolution.js';

export interface CoordinatorOptions extends AddressingOptions {
  readonly paths: LevelPaths;
  readonly history: Histories;
  readonly settlement: ConflictResolution;
  readonly copies: CopyInspection;
  readonly sessions: Sessions;
  readonly held: HeldClocks;
  /** What a list of the keys in conflict asks. */
  readonly conflicts: ConflictListOptions;
  readonly plans: Plans;
  readonly expiryClock: ExpiryClock;
  readonly seal: ContextSeal;
  readonly resolver: Resolver;
  readonly defaults: (namespace: string) => Defaults;
  readonly valueBytesMax: number;
  /** Of this node: how large a key is that it owns. */
  readonly table: Pick<RecordTable, 'read' | 'isInMemory'>;
}

export class Coordinator implements Coordination {
  readonly #options: CoordinatorOptions;
  readonly #largeWrites: LargeWork;
  readonly #largeReads: LargeReads;
  readonly #addressing: Addressing;
  readonly #contexts: Contexts;
  readonly #flags: FlagWait;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#largeWrites = new LargeWork(options.clock, WRITTEN_BYTES_MAX);
    this.#largeReads = new LargeReads(options.table, options.clock);
    this.#addressing = new Addressing(options);
    this.#contexts = new Contexts(options.seal, options.ownership);
    this.#flags = new FlagWait(options.held, this.#addressing, options.clock);
  }

  get(request: GetRequest): GetAnswer | Promise<GetAnswer> {
    return this.#flags.before(request, (left) => this.#get(left));
  }

  put(request: PutRequest): PutAnswer | Promise<PutAnswer> {
    return this.#flags.before(request, (left) => this.#put(left));
  }

  #get(request: GetRequest): GetAnswer | Promise<GetAnswer> {
    const { settlement, defaults } = this.#options;
    const { readLevel, conflictResolution } = defaults(request.namespace);
    const read = this.#read(request, readLevel);
    const got = this.#largeReads.get(read, () => settlement.get(read, conflictResolution));
    if (got instanceof Promise) return got.then((later) => this.#answer(request, read, later));
    return this.#answer(request, read, got);
  }

  #put(request: PutRequest): PutAnswer | Promise<PutAnswer> {
    const { paths, plans, defaults, sessions } = this.#options;
    const { writeLevel, blindWrites, ...byDefault } = defaults(request.namespace);
    const change = changeUnder(byDefault, request.change);
    if (change.state === 'value') assertFits(change.value, this.#options.valueBytesMax);
    const [at, deadline] = [this.#addressing.at(request), this.#addressing.deadline(request)];
    const { zone, primaries } = plans.of(at.partition);
    const byDefaultLevel = writeLevelOf(request, writeLevel, primaries.length);
    const levels = levelsOf(request, byDefaultLevel, 'write');
    if (request.once !== undefined) assertOnce(levels, primaries.length);
    const token = sessions.of(request.session, levels);
    const durability = writeDurability(request, token, byDefault);
    assertDurable(token, durability);
    const begun = { at, mark: sessions.markOf(at.partition), durability };
    const write: Put = {
      at,
      change,
      seen: seenByWriter(request, this.#contexts, blindWrites),
      levels,
      durability,
      deadline,
      zone,
      forwarded: false,
      session: token && floorOf(token, at.partition),
      past: sessions.pastOf(token, levels),
      condition: conditionOf(request),
      explanation: request.explanation,
      once: request.once,
    };
    const bytes = change.state === 'value' ? change.value.length : 0;
    const result = this.#largeWrites.run(bytes, deadline, () => paths.put(write));
    if (result instanceof Promise) {
      return result.then(
        (later) => this.#written(request, begun, token, later),
        (error: unknown) => {
          throw unmetOf(error, request.key, (record) => this.#contexts.ofState(request, record));
        },
      );
    }
    return this.#written(request, begun, token, result);
  }

  openSession(header: string): SessionToken {
    // The seal is of the cluster: before its founding no token can be judged.
    if (!this.#options.isReady()) throw notReady();
    return this.#options.sessions.open(header);
  }

  sessionText(tokens: readonly SessionToken[]): string {
    return this.#options.sessions.textOf(tokens.reduce(joinTokens, NOTHING_SEEN_YET));
  }

  async conflicts(request: GetRequest): Promise<ConflictsAnswer> {
    return this.#inspect(request, async (answer, look) => {
      return { ...answer, resolutions: await this.#options.history.resolutionsOf(look) };
    });
  }

  async resolve(request: ResolveRequest): Promise<PutAnswer> {
    const { settlement, plans } = this.#options;
    const { by: who, once } = request;
    const asked = this.#resolution(request);
    const { at, mark, levels, token } = asked.read;
    const durability = writeDurability(request, token, this.#options.defaults(request.namespace));
    assertDurable(token, durability);
    const { zone, primaries } = plans.of(at.partition);
    if (once !== undefined) assertOnce(levels, primaries.length);
    const resolve = { ...asked, who, once, durability, zone };
    const result = await this.#largeReads.run(asked.read, () => settlement.resolve(resolve));
    return this.#written(request, { at, mark, durability }, token, result);
  }

  async previewResolution(request: ResolveRequest): Promise<ResolvePreview> {
    const asked = this.#resolution(request);
    const { settlement } = this.#options;
    const preview = await this.#largeReads.run(asked.read, () => settlement.preview(asked));
    const { contentType, value } = preview.resolved;
    return { contentType, value, replaced: preview.siblings.map(({ dot }) => dotText(dot)) };
  }

  #resolution(
    request: ResolveRequest,
  ): Pick<Resolve, 'seen' | 'by'> & { readonly read: SessionGet } {
    const { resolver, defaults, plans } = this.#options;
    const { context } = request;
    const { writeLevel, ttlSeconds } = defaults(request.namespace);
    const by = resolveByOf(request.resolution, resolver, ttlSeconds);
    if (by.kind === 'value') assertFits(by.value, this.#options.valueBytesMax);
    const { primaries } = plans.of(this.#addressing.at(request).partition);
    const read = this.#read(request, writeLevelOf(request, writeLevel, primaries.length));
    for (const { name } of read.levels) parseLevel(name, 'write');
    return { read, seen: this.#contexts.open(request, context), by };
  }

  async versions(request: GetRequest): Promise<VersionsAnswer> {
    return this.#inspect(request, (answer, look) => {
      return allVersions(this.#options.history, answer, look);
    });
  }

  async version(request: VersionRequest): Promise<GetAnswer> {
    const dot = parseDot(request.version);
    if (dot === undefined) {
      throw new OperatingError('invalid_request', 'that is no version', {
        details: { field: 'version', received: request.version.slice(0, 200) },
      });
    }
    return this.#inspect(request, (answer, look) => {
      return oneVersion(this.#options.history, dot, answer, look);
    });
  }

  async listConflicts(request: ConflictListRequest): Promise<ConflictList> {
    const { conflicts, isReady, timeoutDefaultMilliseconds } = this.#options;
    if (!isReady()) throw notReady();
    return listConflicts(conflicts, request, timeoutDefaultMilliseconds);
  }

  async copies(request: CopiesRequest): Promise<CopiesAnswer> {
    const addressed = { ...request, level: undefined, fallbacks: [] };
    const [at, deadline] = [this.#addressing.at(addressed), this.#addressing.deadline(addressed)];
    const run = () => this.#options.copies.of(at, deadline);
    return this.#largeReads.run({ at, deadline }, run, PAST_BYTES);
  }

  /** What there is, whatever the setting would make of siblings; and of its past. */
  async #inspect<T>(
    request: GetRequest,
    past: (answer: GetAnswer, look: HistoryQuery) => Promise<T>,
  ): Promise<T> {
    const read = this.#read(request, this.#options.defaults(request.namespace).readLevel);
    const { at, deadline } = read;
    const run = async (): Promise<T> => {
      const got = await this.#options.paths.get(read);
      const level = parseLevel(got.level, 'read');
      return past(this.#answer(request, read, got), { at, level, deadline });
    };
    return this.#largeReads.run(read, run, PAST_BYTES);
  }

  #read(request: GetRequest, byDefault: string): SessionGet {
    const { readRepairProbability } = this.#options.defaults(request.namespace);
    const levels = levelsOf(request, byDefault, 'read');
    const [at, deadline] = [this.#addressing.at(request), this.#addressing.deadline(request)];
    const { readRepair, explanation } = request;
    const token = this.#options.sessions.of(request.session, levels);
    const mark = this.#options.sessions.markOf(at.partition);
    const session = token && floorOf(token, at.partition);
    const past = this.#options.sessions.pastOf(token, levels);
    const repair = { readRepair, readRepairProbability };
    return { at, levels, deadline, ...repair, session, past, token, mark, explanation };
  }

  #answer(request: GetRequest, read: SessionGet, got: Got): GetAnswer {
    const { token } = read;
    const { expiryClock } = this.#options;
    const { merged, level, answered, asked, standIns, bound } = got;
    const place = isLasting(merged) ? got.place : undefined;
    const sealed = place?.rendering?.context;
    return {
      // What is strong has ended only where it is a stub: no clock is asked (K13).
      siblings: liveVersions(merged, level === STRONG ? undefined : expiryClock.now()),
      recorded: merged !== undefined,
      context: sealed ?? this.#contexts.ofState(request, merged),
      place,
      session: token && this.#options.sessions.afterRead(token, read, got),
      receipt: { level, answered, asked, standIns, durability: undefined, bound },
    };
  }

  #written(
    request: Pick<PutRequest, 'namespace' | 'key'>,
    { at, mark, durability }: SeenAt & Pick<Put, 'durability'>,
    token: SessionToken | undefined,
    result: PutResult,
  ): PutAnswer {
    const { version, replaced, beside, level, answered, asked, standIns, seen } = result;
    const { plans, sessions } = this.#options;
    return {
      session: token && sessions.afterWrite(token, { at, mark }, result, plans.of(at.partition)),
      version,
      context: this.#contexts.ofWrite(request, seen),
      replaced,
      beside,
      // A proposal counts once it is synced.
      receipt: {
        ...{ level, answered, asked, standIns },
        durability: level === STRONG ? 'sync' : durability,
      },
    };
  }
}
