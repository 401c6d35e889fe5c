/** The coordinator of client requests: texts become levels, contexts and deadlines (Dynamo 4.5). */
import { OperatingError } from '../errors.js';
import type { Resolver } from '../resolution/resolver.js';
import type { StrategyName } from '../resolution/strategies.js';
import { type RecordKey, recordKey } from '../persistence/records.js';
import type { ContextSeal } from '../versioning/causal-context.js';
import type { Context } from '../versioning/context.js';
import { dotText, parseDot, sameDot } from '../versioning/dot.js';
import type { Siblings } from '../versioning/siblings.js';
import { liveVersions } from '../versioning/siblings.js';
import type { Collaborators } from './collaborators.js';
import type { ConsistencyLevel } from './consistency-level.js';
import { parseLevel } from './consistency-level.js';
import { listConflicts } from './conflict-list.js';
import { type BlindWrites, seenBlindly } from './blind-writes.js';
import { type Get, type Got, get } from './get.js';
import { keptVersionOf, keptVersionsOf, type Look, resolutionsOf } from './history.js';
import { put } from './put.js';
import { LargeWrites } from './large-writes.js';
import type { Put, PutResult } from './put-request.js';
import type {
  ConflictList,
  ConflictListRequest,
  ConflictsAnswer,
  Coordination,
  GetAnswer,
  GetRequest,
  PutAnswer,
  PutRequest,
  ResolveRequest,
  VersionRequest,
  VersionsAnswer,
} from './request.js';
import { getResolved, resolveByOf, resolveSeen } from './settle.js';

/** What the cluster's settings say of a request that does not. */
export interface Defaults {
  readonly readLevel: string;
  readonly writeLevel: string;
  readonly readRepairProbability: number;
  readonly blindWrites: BlindWrites;
  readonly conflictResolution: StrategyName;
}

export interface CoordinatorOptions {
  readonly collaborators: Collaborators;
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
    this.#large = new LargeWrites(options.collaborators.clock);
  }

  async get(request: GetRequest): Promise<GetAnswer> {
    const { collaborators, defaults, resolver } = this.#options;
    const read = this.#read(request, defaults().readLevel);
    const strategy = defaults().conflictResolution;
    return this.#answer(request, await getResolved(collaborators, read, resolver, strategy));
  }

  async put(request: PutRequest): Promise<PutAnswer> {
    const { collaborators, defaults } = this.#options;
    const { writeLevel, blindWrites } = defaults();
    const { change, overwriteSiblings, durability } = request;
    const levels = levelsOf(request, writeLevel, 'write');
    if (change.state === 'value') this.#assertFits(change.value);
    const at = this.#at(request);
    const deadline = this.#deadline(request);
    const write: Put = {
      at,
      change,
      seen: this.#seen(request, blindWrites),
      levels,
      overwriteSiblings,
      durability,
      deadline,
      zone: collaborators.view.zone,
      forwarded: false,
    };
    const bytes = change.state === 'value' ? change.value.length : 0;
    const result = await this.#large.run(bytes, deadline, () => put(collaborators, write));
    return this.#written(request, result);
  }

  async conflicts(request: GetRequest): Promise<ConflictsAnswer> {
    const { answer, look } = await this.#plain(request);
    return { ...answer, resolutions: await resolutionsOf(this.#options.collaborators, look) };
  }

  async resolve(request: ResolveRequest): Promise<PutAnswer> {
    const { collaborators, resolver, defaults, seal } = this.#options;
    const { namespace, key, context, by: who, durability } = request;
    const by = resolveByOf(request.resolution, resolver);
    if (by.kind === 'value') this.#assertFits(by.value);
    const read = this.#read(request, defaults().writeLevel);
    for (const { name } of read.levels) parseLevel(name, 'write');
    const seen = seal.open(namespace, key, context);
    const resolve = { read, seen, by, who, durability, zone: collaborators.view.zone };
    return this.#written(request, await resolveSeen(collaborators, resolve, resolver));
  }

  async versions(request: GetRequest): Promise<VersionsAnswer> {
    const { answer, look } = await this.#plain(request);
    const kept = await keptVersionsOf(this.#options.collaborators, look);
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
    if (current.length > 0) return { ...answer, siblings: current, context: undefined };
    const kept = await keptVersionOf(this.#options.collaborators, look, request.version);
    const version = { dot, state: 'value', expiresAt: undefined } as const;
    const siblings = kept === undefined ? [] : [{ ...kept, ...version }];
    return { ...answer, siblings, context: undefined };
  }

  async listConflicts(request: ConflictListRequest): Promise<ConflictList> {
    const { collaborators, isReady, timeoutDefaultMilliseconds } = this.#options;
    if (!isReady()) throw notReady();
    return listConflicts(collaborators, request, timeoutDefaultMilliseconds);
  }

  /** What there is, whatever the setting would make of siblings. */
  async #plain(request: GetRequest): Promise<{ readonly answer: GetAnswer; readonly look: Look }> {
    const read = this.#read(request, this.#options.defaults().readLevel);
    const got = await get(this.#options.collaborators, read);
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
    return {
      siblings: liveVersions(merged, this.#options.collaborators.expiryClock.now()),
      recorded: merged !== undefined,
      context: merged === undefined ? undefined : this.#contextOf(request, merged),
      receipt: { level, answered, asked, standIns, durability: undefined },
    };
  }

  #written(request: Pick<PutRequest, 'namespace' | 'key' | 'durability'>, result: PutResult) {
    const { namespace, key, durability } = request;
    const { version, replaced, level, answered, asked, standIns, seen } = result;
    const { epoch } = this.#options.collaborators.ring();
    return {
      version,
      context: this.#options.seal.seal(namespace, key, epoch, seen),
      replaced,
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

  #contextOf({ namespace, key }: GetRequest, state: Siblings): string {
    const known = this.#contexts.get(state);
    if (known !== undefined) return known;
    const { epoch, context } = state;
    const sealed = this.#options.seal.seal(namespace, key, epoch, context);
    this.#contexts.set(state, sealed);
    return sealed;
  }

  #seen(request: PutRequest, blindWrites: BlindWrites): Context | undefined {
    const { namespace, key, context } = request;
    if (context !== undefined) return this.#options.seal.open(namespace, key, context);
    return seenBlindly(request, blindWrites);
  }

  #at({ namespace, key }: GetRequest): RecordKey {
    const { collaborators, keyBytesMax, isReady } = this.#options;
    if (!isReady()) throw notReady();
    const size = Buffer.byteLength(key);
    if (size < 1 || size > keyBytesMax || !key.isWellFormed()) {
      throw new OperatingError('invalid_key', `a key has 1 to ${keyBytesMax} bytes of UTF-8`, {
        details: { limit: keyBytesMax, received: size },
      });
    }
    return recordKey(namespace, key, collaborators.ring().partitionCount);
  }

  #deadline({ timeoutMilliseconds }: GetRequest): number {
    const { collaborators, timeoutDefaultMilliseconds, timeoutMaxMilliseconds } = this.#options;
    const timeout = timeoutMilliseconds ?? timeoutDefaultMilliseconds;
    if (!(timeout > 0 && timeout <= timeoutMaxMilliseconds)) {
      throw new OperatingError('invalid_request', 'the timeout is out of range', {
        details: { field: 'X-Timeout', limit: timeoutMaxMilliseconds, received: timeout },
      });
    }
    return collaborators.clock.monotonicMilliseconds() + timeout;
  }
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
