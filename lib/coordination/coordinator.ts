/** The coordinator of client requests: texts become levels, contexts and deadlines (Dynamo 4.5). */
import { OperatingError } from '../errors.js';
import { type RecordKey, recordKey } from '../persistence/records.js';
import type { ContextSeal } from '../versioning/causal-context.js';
import { type Context, EMPTY_CONTEXT } from '../versioning/context.js';
import type { Siblings } from '../versioning/siblings.js';
import { liveVersions } from '../versioning/siblings.js';
import type { Collaborators } from './collaborators.js';
import type { ConsistencyLevel } from './consistency-level.js';
import { parseLevel } from './consistency-level.js';
import { get } from './get.js';
import { put } from './put.js';
import type { Coordination, GetAnswer, GetRequest, PutAnswer, PutRequest } from './request.js';

/** What the cluster's settings say of a request that does not. */
export interface Defaults {
  readonly readLevel: string;
  readonly writeLevel: string;
  readonly readRepairProbability: number;
  readonly blindWrites: 'overwrite' | 'sibling' | 'refuse';
}

export interface CoordinatorOptions {
  readonly collaborators: Collaborators;
  readonly seal: ContextSeal;
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
  /** Sealing costs more than reading. A state is of one key and never changes: nor do they. */
  readonly #contexts = new WeakMap<Siblings, string>();

  constructor(options: CoordinatorOptions) {
    this.#options = options;
  }

  async get(request: GetRequest): Promise<GetAnswer> {
    const { collaborators, defaults } = this.#options;
    const { readLevel, readRepairProbability } = defaults();
    const levels = levelsOf(request, readLevel, 'read');
    const at = this.#at(request);
    const deadline = this.#deadline(request);
    const { readRepair } = request;
    const how = { levels, deadline, readRepair, readRepairProbability };
    const got = await get(collaborators, { at, ...how });
    const { merged, level, answered, asked, standIns } = got;
    return {
      siblings: liveVersions(merged, collaborators.expiryClock.now()),
      recorded: merged !== undefined,
      context: merged === undefined ? undefined : this.#contextOf(request, merged),
      receipt: { level, answered, asked, standIns, durability: undefined },
    };
  }

  async put(request: PutRequest): Promise<PutAnswer> {
    const { collaborators, seal, defaults, valueBytesMax } = this.#options;
    const { writeLevel, blindWrites } = defaults();
    const { namespace, key, change, overwriteSiblings, durability } = request;
    const levels = levelsOf(request, writeLevel, 'write');
    if (change.state === 'value' && change.value.length > valueBytesMax) {
      throw new OperatingError('value_too_large', 'the value is larger than this cluster takes', {
        details: { limit: valueBytesMax, received: change.value.length },
      });
    }
    const at = this.#at(request);
    const result = await put(collaborators, {
      at,
      change,
      seen: this.#seen(request, blindWrites),
      levels,
      overwriteSiblings,
      durability,
      deadline: this.#deadline(request),
      zone: collaborators.view.zone,
      forwarded: false,
    });
    const { version, replaced, level, answered, asked, standIns, seen } = result;
    const { epoch } = collaborators.ring();
    return {
      version,
      context: seal.seal(namespace, key, { epoch, ...seen }),
      replaced,
      receipt: { level, answered, asked, standIns, durability },
    };
  }

  #contextOf({ namespace, key }: GetRequest, state: Siblings): string {
    const known = this.#contexts.get(state);
    if (known !== undefined) return known;
    const { epoch, context } = state;
    const sealed = this.#options.seal.seal(namespace, key, { epoch, ...context });
    this.#contexts.set(state, sealed);
    return sealed;
  }

  #seen(request: PutRequest, blindWrites: Defaults['blindWrites']): Context | undefined {
    const { namespace, key, context } = request;
    if (context !== undefined) return this.#options.seal.open(namespace, key, context);
    if (blindWrites === 'refuse') {
      throw new OperatingError(
        'context_required',
        'this cluster takes no writes without a context',
        {
          details: { blind_writes: blindWrites },
        },
      );
    }
    return blindWrites === 'sibling' ? EMPTY_CONTEXT : undefined;
  }

  #at({ namespace, key }: GetRequest): RecordKey {
    const { collaborators, keyBytesMax, isReady } = this.#options;
    if (!isReady()) throw new OperatingError('not_ready', 'the cluster is not founded yet');
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
