/**
 * The coordinator as clients reach it: each request under the rules of its namespace, and for the
 * keys of its present generation (N1, N2). Who names none is under the settings of the cluster.
 */
import type { CopiesAnswer } from '../coordination/request/request.js';
import { isListLevel, LIST_LEVEL_ELSE, listLevelOf } from '../coordination/list/list-levels.js';
import { endedUnapplied } from '../coordination/operation/operations.js';
import { parseLevel, STRONG } from '../coordination/request/level.js';
import type {
  ConflictList,
  ConflictListRequest,
  ConflictsAnswer,
  Coordination,
  CopiesRequest,
  GetAnswer,
  GetRequest,
  KeyList,
  KeyListRequest,
  KeyLists,
  PutAnswer,
  PutRequest,
  ResolvePreview,
  ResolveRequest,
  VersionRequest,
  VersionsAnswer,
} from '../coordination/request/request.js';
import { OperatingError } from '../errors.js';
import { DEFAULT_NAMESPACE, parseStoredNamespace } from '../partitioning/namespace.js';
import { isLevelAllowed } from './namespace-rules.js';
import type { NamespaceLookup } from './namespace-lookup.js';
import type { Namespaces } from './namespaces.js';
import type { LiveNamespace } from './settings-state.js';

export interface NamespacedOptions {
  /** Both of stored namespaces. */
  readonly coordination: Coordination;
  readonly keyLists: KeyLists;
  readonly namespaces: Pick<Namespaces, 'known'>;
  readonly lookup: NamespaceLookup;
  /** Of the cluster and the namespace of a stored key. */
  readonly defaults: (stored: string) => {
    readonly readLevel: string;
    readonly writeLevel: string;
  };
}

/** What a request does, as far as its level goes. */
type Leveling = 'read' | 'write' | 'list';
type Leveled = Pick<GetRequest, 'namespace' | 'level' | 'fallbacks' | 'timeoutMilliseconds'> &
  Pick<PutRequest, 'begunIn'>;

/**
 * All reject, or throw, with `namespace_not_found` or `namespace_unknown` where there is no such
 * namespace, and with `not_allowed` at a level that it refuses.
 */
export class NamespacedCoordination implements Coordination, KeyLists {
  readonly #options: NamespacedOptions;

  constructor(options: NamespacedOptions) {
    this.#options = options;
  }

  get(request: GetRequest): GetAnswer | Promise<GetAnswer> {
    return this.#within(request, 'read', (within) => this.#options.coordination.get(within));
  }

  put(request: PutRequest): PutAnswer | Promise<PutAnswer> {
    const { coordination } = this.#options;
    const named = impliedLevel(request);
    return this.#within(request, 'write', (within) => coordination.put(within), named);
  }

  async conflicts(request: GetRequest): Promise<ConflictsAnswer> {
    return this.#within(request, 'read', (within) => this.#options.coordination.conflicts(within));
  }

  async resolve(request: ResolveRequest): Promise<PutAnswer> {
    const { coordination } = this.#options;
    const named = impliedLevel(request);
    return this.#within(request, 'write', (within) => coordination.resolve(within), named);
  }

  async previewResolution(request: ResolveRequest): Promise<ResolvePreview> {
    const { coordination } = this.#options;
    return this.#within(request, 'write', (within) => coordination.previewResolution(within));
  }

  async versions(request: GetRequest): Promise<VersionsAnswer> {
    return this.#within(request, 'read', (within) => this.#options.coordination.versions(within));
  }

  async version(request: VersionRequest): Promise<GetAnswer> {
    return this.#within(request, 'read', (within) => this.#options.coordination.version(within));
  }

  /** Keys of namespaces that were deleted are in conflict no more. */
  async listConflicts(request: ConflictListRequest): Promise<ConflictList> {
    const { namespace } = request;
    if (namespace === undefined) return this.#listConflicts(request);
    return this.#options.lookup.before({ ...request, namespace }, ({ stored }, within) => {
      return this.#listConflicts(within, stored);
    });
  }

  /** @param wanted the stored namespace of the keys; undefined: of all */
  async #listConflicts(request: ConflictListRequest, wanted?: string): Promise<ConflictList> {
    const { coordination, namespaces } = this.#options;
    const list = await coordination.listConflicts(request);
    const conflicts = list.conflicts.flatMap(({ namespace: stored, ...row }) => {
      const { name } = parseStoredNamespace(stored);
      const isThere = namespaces.known(name)?.stored === stored;
      const isWanted = wanted === undefined || stored === wanted;
      return isThere && isWanted ? [{ ...row, namespace: name }] : [];
    });
    return { ...list, conflicts };
  }

  async copies(request: CopiesRequest): Promise<CopiesAnswer> {
    const { coordination, lookup } = this.#options;
    return lookup.before(request, ({ stored }, within) => {
      return coordination.copies({ ...within, namespace: stored });
    });
  }

  async list(request: KeyListRequest): Promise<KeyList> {
    return this.#within(request, 'list', (within) => this.#options.keyLists.list(within));
  }

  openSession(text: string): ReturnType<Coordination['openSession']> {
    return this.#options.coordination.openSession(text);
  }

  sessionText(tokens: Parameters<Coordination['sessionText']>[0]): string {
    return this.#options.coordination.sessionText(tokens);
  }

  /** At once where the namespace is known here. @param named in the place of the level asked for */
  #within<Request extends Leveled, Answer>(
    request: Request,
    operation: Leveling,
    ask: (within: Request) => Answer | Promise<Answer>,
    named = request.level,
  ): Answer | Promise<Answer> {
    // Nearly all requests are for the default namespace.
    if (request.namespace === DEFAULT_NAMESPACE) return ask(request);
    return this.#options.lookup.before(request, (live, within) => {
      assertBegunIn(live, within);
      this.#assertAllowed(live, { ...within, level: named }, operation);
      return ask({ ...within, namespace: live.stored });
    });
  }

  /** The level asked for or the default one, and each fallback. */
  #assertAllowed(
    { rules: { allowed_levels: allowed }, stored }: LiveNamespace,
    { namespace, level, fallbacks }: Omit<Leveled, 'timeoutMilliseconds'>,
    operation: Leveling,
  ): void {
    if (allowed === undefined) return;
    const { readLevel, writeLevel } = this.#options.defaults(stored);
    const byDefault = { read: readLevel, write: writeLevel, list: listLevelOf(readLevel) };
    const usable = operation === 'list' ? levelsOfLists(allowed) : allowed;
    for (const text of [level ?? byDefault[operation], ...fallbacks]) {
      const { name } = parseLevel(text, operation === 'write' ? 'write' : 'read');
      // It is refused as one at which no list is read, wherever that is asked for.
      if (operation === 'list' && !isListLevel(name)) continue;
      if (!isLevelAllowed(usable, name)) throw notAllowed(namespace, name, usable);
    }
  }
}

/** The dots of a write that takes effect once are of the partition of its key where it began. */
function assertBegunIn({ stored }: LiveNamespace, { begunIn }: Pick<PutRequest, 'begunIn'>): void {
  if (begunIn !== undefined && begunIn !== stored) throw endedUnapplied();
}

/** A namespace that allows no level at which a list can be read is listed at quorum. */
function levelsOfLists(allowed: readonly string[]): readonly string[] {
  const usable = allowed.filter((text) => isListLevel(parseLevel(text, 'write').name));
  return usable.length > 0 ? usable : [LIST_LEVEL_ELSE];
}

/** What is atomic, or takes effect once, is decided at `strong`, whatever level it names. */
function impliedLevel({
  precondition,
  once,
}: Pick<PutRequest, 'precondition' | 'once'>): typeof STRONG | undefined {
  return precondition !== undefined || once !== undefined ? STRONG : undefined;
}

function notAllowed(namespace: string, level: string, allowed: readonly string[]): OperatingError {
  const message = `the namespace "${namespace}" does not allow the level "${level}"`;
  return new OperatingError('not_allowed', message, {
    details: { namespace, received: level, allowed },
  });
}
