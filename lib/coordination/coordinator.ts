/** The coordinator of client requests: texts become levels, contexts and deadlines (Dynamo 4.5). */
import type { Clock } from '../environment/clock.js';
import { OperatingError } from '../errors.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { Plans } from '../replication/plan.js';
import type { Resolver } from '../resolution/resolver.js';
import type { StrategyName } from '../resolution/strategies.js';
import { type RecordKey, recordKey } from '../persistence/keyspace.js';
import type { ContextSeal } from '../versioning/causal-context.js';
import { NOTHING_SEEN, type Seen } from '../versioning/context.js';
import { dotText, parseDot, sameDot } from '../versioning/dot.js';
import type { Siblings } from '../versioning/siblings.js';
import { liveVersions, seenIn } from '../versioning/siblings.js';
import { type BlindWrites, seenBlindly } from './blind-writes.js';
import { type ConflictListOptions, listConflicts } from './conflict-list.js';
import type { CopyInspection, CopiesAnswer } from './copy-inspection.js';
import type { Histories, HistoryQuery } from './history.js';
import { type ConsistencyLevel, parseLevel } from './level.js';
import { LargeWrites } from './large-writes.js';
import type { Put, PutResult } from './put-request.js';
import type { Got } from './read-core.js';
import type { Get, Reads } from './reads.js';
import type {
  ConflictList,
  ConflictListRequest,
  ConflictsAnswer,
  Coordination,
  CopiesRequest,
  GetAnswer,
  GetRequest,
  PutAnswer,
  PutRequest,
  ResolvePreview,
  ResolveRequest,
  VersionRequest,
  VersionsAnswer,
} from './request.js';
import { type Resolve, resolveByOf, type ConflictResolution } from './conflict-resolution.js';
import type { Writes } from './writes.js';

/** What the cluster's settings say of a request that does not. */
export interface Defaults {
  readonly readLevel: string;
  readonly writeLevel: string;
  readonly readRepairProbability: number;
  readonly blindWrites: BlindWrites;
  readonly conflictResolution: StrategyName;
}

export interface CoordinatorOptions {
  readonly reads: Reads;
  readonly writes: Writes;
  readonly history: Histories;
  readonly settlement: ConflictResolution;
  readonly copies: CopyInspection;
  /** What a list of the keys in conflict asks. */
  readonly conflicts: ConflictListOptions;
  readonly plans: Plans;
  readonly ownership: Ownership;
  readonly expiryClock: ExpiryClock;
  readonly clock: Clock;
  readonly seal: ContextSeal;
  readonly resolver: Resolver;
  readonly defaults: () => Defaults;
  /** Is the cluster founded? */
  readonly isReady: () => boolean;
  readonly timeoutDefaultMilliseconds: number;
  readonly timeoutMaxMilliseconds: number;
  readonly keyBytesMax: number;
  readonly valueBytesMax: number;
}

export class Coordinator implements Coordination {
  readonly #options: CoordinatorOptions;
  readonly #large: LargeWrites;
  /** Sealing costs more than reading. A state is of one key and never changes: nor do they. */
  readonly #contexts = new WeakMap<Siblings, string>();

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#large = new LargeWrites(options.clock);
  }

  get(request: GetRequest): GetAnswer | Promise<GetAnswer> {
    const { settlement, defaults } = this.#options;
    const { readLevel, conflictResolution } = defaults();
    const got = settlement.get(this.#read(request, readLevel), conflictResolution);
    if (got instanceof Promise) return got.then((later) => this.#answer(request, later));
    return this.#answer(request, got);
  }

  put(request: PutRequest): PutAnswer | Promise<PutAnswer> {
    const { writes, plans, defaults } = this.#options;
    const { writeLevel, blindWrites } = defaults();
    const { change, durability } = request;
    const levels = levelsOf(request, writeLevel, 'write');
    if (change.state === 'value') this.#assertFits(change.value);
    const at = this.#at(request);
    const deadline = this.#deadline(request);
    const write: Put = {
      at,
      change,
      seen: this.#seen(request, blindWrites),
      levels,
      durability,
      deadline,
      zone: plans.of(at.partition).zone,
      forwarded: false,
    };
    const bytes = change.state === 'value' ? change.value.length : 0;
    const result = this.#large.run(bytes, deadline, () => writes.put(write));
    if (result instanceof Promise) return result.then((later) => this.#written(request, later));
    return this.#written(request, result);
  }

  async conflicts(request: GetRequest): Promise<ConflictsAnswer> {
    const { answer, look } = await this.#plain(request);
    return { ...answer, resolutions: await this.#options.history.resolutionsOf(look) };
  }

  async resolve(request: ResolveRequest): Promise<PutAnswer> {
    const { settlement, plans } = this.#options;
    const { by: who, durability } = request;
    const asked = this.#resolution(request);
    const { zone } = plans.of(asked.read.at.partition);
    return this.#written(request, await settlement.resolve({ ...asked, who, durability, zone }));
  }

  async previewResolution(request: ResolveRequest): Promise<ResolvePreview> {
    const preview = await this.#options.settlement.preview(this.#resolution(request));
    const { contentType, value } = preview.resolved;
    return { contentType, value, replaced: preview.siblings.map(({ dot }) => dotText(dot)) };
  }

  #resolution(request: ResolveRequest): Pick<Resolve, 'read' | 'seen' | 'by'> {
    const { resolver, defaults } = this.#options;
    const { namespace, key, context } = request;
    const by = resolveByOf(request.resolution, resolver);
    if (by.kind === 'value') this.#assertFits(by.value);
    const read = this.#read(request, defaults().writeLevel);
    for (const { name } of read.levels) parseLevel(name, 'write');
    return { read, seen: this.#open(namespace, key, context), by };
  }

  async versions(request: GetRequest): Promise<VersionsAnswer> {
    const { answer, look } = await this.#plain(request);
    const kept = await this.#options.history.keptVersionsOf(look);
    const current = new Set(answer.siblings.map(({ dot }) => dotText(dot)));
    return { ...answer, kept: kept.filter(({ version }) => !current.has(version)) };
  }

  async version(request: VersionRequest): Promise<GetAnswer> {
    const dot = parseDot(request.version);
    if (dot === undefined) {
      throw new OperatingError('invalid_request', 'that is no version', {
        details: { field: 'version', received: request.version.slice(0, 200) },
      });
    }
    const { answer, look } = await this.#plain(request);
    const current = answer.siblings.filter((version) => sameDot(version.dot, dot));
    const one = { ...answer, context: undefined, place: undefined };
    if (current.length > 0) return { ...one, siblings: current };
    const kept = await this.#options.history.keptVersionOf(look, request.version);
    const version = { dot, state: 'value', expiresAt: undefined } as const;
    const siblings = kept === undefined ? [] : [{ ...kept, ...version }];
    return { ...one, siblings };
  }

  async listConflicts(request: ConflictListRequest): Promise<ConflictList> {
    const { conflicts, isReady, timeoutDefaultMilliseconds } = this.#options;
    if (!isReady()) throw notReady();
    return listConflicts(conflicts, request, timeoutDefaultMilliseconds);
  }

  async copies(request: CopiesRequest): Promise<CopiesAnswer> {
    const addressed = { ...request, level: undefined, fallbacks: [] };
    const [at, deadline] = [this.#at(addressed), this.#deadline(addressed)];
    return this.#options.copies.of(at, deadline);
  }

  /** What there is, whatever the setting would make of siblings. */
  async #plain(
    request: GetRequest,
  ): Promise<{ readonly answer: GetAnswer; readonly look: HistoryQuery }> {
    const read = this.#read(request, this.#options.defaults().readLevel);
    const got = await this.#options.reads.get(read);
    const level = parseLevel(got.level, 'read');
    const { at, deadline } = read;
    return { answer: this.#answer(request, got), look: { at, level, deadline } };
  }

  #read(request: GetRequest, byDefault: string): Get {
    const { readRepairProbability } = this.#options.defaults();
    const levels = levelsOf(request, byDefault, 'read');
    const at = this.#at(request);
    const { readRepair } = request;
    return { at, levels, deadline: this.#deadline(request), readRepair, readRepairProbability };
  }

  #answer(request: GetRequest, got: Got): GetAnswer {
    const { merged, level, answered, asked, standIns } = got;
    const place = isLasting(merged) ? got.place : undefined;
    const sealed = place?.rendering?.context;
    return {
      siblings: liveVersions(merged, this.#options.expiryClock.now()),
      recorded: merged !== undefined,
      context: sealed ?? this.#contextOf(request, merged),
      place,
      receipt: { level, answered, asked, standIns, durability: undefined },
    };
  }

  #written(request: Pick<PutRequest, 'namespace' | 'key' | 'durability'>, result: PutResult) {
    const { namespace, key, durability } = request;
    const { version, replaced, beside, level, answered, asked, standIns, seen } = result;
    const { epoch } = this.#options.ownership;
    return {
      version,
      context: this.#options.seal.seal(namespace, key, epoch, seen),
      replaced,
      beside,
      receipt: { level, answered, asked, standIns, durability },
    };
  }

  #assertFits(value: Uint8Array): void {
    const { valueBytesMax } = this.#options;
    if (value.length <= valueBytesMax) return;
    throw new OperatingError('value_too_large', 'the value is larger than this cluster takes', {
      details: { limit: valueBytesMax, received: value.length },
    });
  }

  /** Who was answered that there is nothing has seen nothing: that is a context, too. */
  #contextOf({ namespace, key }: GetRequest, state: Siblings | undefined): string {
    const { seal, ownership } = this.#options;
    if (state === undefined) return seal.seal(namespace, key, ownership.epoch, NOTHING_SEEN);
    const known = this.#contexts.get(state);
    if (known !== undefined) return known;
    const sealed = seal.seal(namespace, key, state.epoch, seenIn(state));
    this.#contexts.set(state, sealed);
    return sealed;
  }

  #seen(request: PutRequest, blindWrites: BlindWrites): Seen | undefined {
    const { namespace, key, context } = request;
    if (context !== undefined) return this.#open(namespace, key, context);
    return seenBlindly(request, blindWrites);
  }

  /** @throws OperatingError `invalid_context`, `wrong_epoch` */
  #open(namespace: string, key: string, context: string): Seen {
    const { seal, ownership } = this.#options;
    const { epoch, ...seen } = seal.open(namespace, key, context);
    ownership.assertKnown(epoch);
    return seen;
  }

  #at({ namespace, key }: GetRequest): RecordKey {
    const { ownership, keyBytesMax, isReady } = this.#options;
    if (!isReady()) throw notReady();
    const size = Buffer.byteLength(key);
    if (size < 1 || size > keyBytesMax || !key.isWellFormed()) {
      throw new OperatingError('invalid_key', `a key has 1 to ${keyBytesMax} bytes of UTF-8`, {
        details: { limit: keyBytesMax, received: size },
      });
    }
    return recordKey(namespace, key, ownership.partitionCount);
  }

  #deadline({ timeoutMilliseconds }: GetRequest): number {
    const { clock, timeoutDefaultMilliseconds, timeoutMaxMilliseconds } = this.#options;
    const timeout = timeoutMilliseconds ?? timeoutDefaultMilliseconds;
    if (!(timeout > 0 && timeout <= timeoutMaxMilliseconds)) {
      throw new OperatingError('invalid_request', 'the timeout is out of range', {
        details: { field: 'X-Timeout', limit: timeoutMaxMilliseconds, received: timeout },
      });
    }
    return clock.monotonicMilliseconds() + timeout;
  }
}

/** Is what a reader sees of it the same at all times? */
function isLasting(state: Siblings | undefined): boolean {
  const [version] = state?.versions ?? [];
  return state?.versions.length === 1 && version?.expiresAt === undefined;
}

function levelsOf(
  { level, fallbacks }: GetRequest,
  byDefault: string,
  operation: 'read' | 'write',
): ConsistencyLevel[] {
  return [level ?? byDefault, ...fallbacks].map((text) => parseLevel(text, operation));
}

function notReady(): OperatingError {
  return new OperatingError('not_ready', 'the cluster is not founded yet');
}
