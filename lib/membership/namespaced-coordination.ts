/**
 * The coordinator as clients reach it: each request under the rules of its namespace. Who names
 * none is under the settings of the cluster alone.
 */
import type { CopiesAnswer } from '../coordination/copy-inspection.js';
import { parseLevel } from '../coordination/level.js';
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
} from '../coordination/request.js';
import { OperatingError } from '../errors.js';
import { DEFAULT_NAMESPACE } from '../partitioning/namespace.js';
import type { Change } from '../replica/intent.js';
import type { NamespaceRules } from './namespace-rules.js';
import type { NamespacesControl } from './namespaces.js';

export interface NamespacedOptions {
  readonly coordination: Coordination;
  readonly keyLists: KeyLists;
  readonly namespaces: NamespacesControl;
  /** Of the cluster and the namespace. */
  readonly defaults: (namespace: string) => {
    readonly readLevel: string;
    readonly writeLevel: string;
  };
}

type Leveled = Pick<GetRequest, 'namespace' | 'level' | 'fallbacks'>;

/** All reject, or throw, with `not_found` where there is no such namespace, or `not_allowed`. */
export class NamespacedCoordination implements Coordination, KeyLists {
  readonly #options: NamespacedOptions;

  constructor(options: NamespacedOptions) {
    this.#options = options;
  }

  get(request: GetRequest): GetAnswer | Promise<GetAnswer> {
    this.#rules(request, 'read');
    return this.#options.coordination.get(request);
  }

  put(request: PutRequest): PutAnswer | Promise<PutAnswer> {
    // A condition implies it, whatever the request names.
    const level = request.precondition === undefined ? request.level : 'strong';
    const rules = this.#rules({ ...request, level }, 'write');
    const { coordination } = this.#options;
    return coordination.put(rules === undefined ? request : putUnder(rules, request));
  }

  async conflicts(request: GetRequest): Promise<ConflictsAnswer> {
    this.#rules(request, 'read');
    return this.#options.coordination.conflicts(request);
  }

  async resolve(request: ResolveRequest): Promise<PutAnswer> {
    const durability = request.durability ?? this.#rules(request, 'write')?.durability;
    return this.#options.coordination.resolve({ ...request, durability });
  }

  async previewResolution(request: ResolveRequest): Promise<ResolvePreview> {
    this.#rules(request, 'write');
    return this.#options.coordination.previewResolution(request);
  }

  async versions(request: GetRequest): Promise<VersionsAnswer> {
    this.#rules(request, 'read');
    return this.#options.coordination.versions(request);
  }

  async version(request: VersionRequest): Promise<GetAnswer> {
    this.#rules(request, 'read');
    return this.#options.coordination.version(request);
  }

  listConflicts(request: ConflictListRequest): Promise<ConflictList> {
    return this.#options.coordination.listConflicts(request);
  }

  async copies(request: CopiesRequest): Promise<CopiesAnswer> {
    this.#options.namespaces.rulesOf(request.namespace);
    return this.#options.coordination.copies(request);
  }

  async list(request: KeyListRequest): Promise<KeyList> {
    this.#rules(request, 'read');
    return this.#options.keyLists.list(request);
  }

  openSession(text: string): ReturnType<Coordination['openSession']> {
    return this.#options.coordination.openSession(text);
  }

  sessionText(tokens: Parameters<Coordination['sessionText']>[0]): string {
    return this.#options.coordination.sessionText(tokens);
  }

  /** Undefined: of the default namespace, as nearly all are. */
  #rules(request: Leveled, operation: 'read' | 'write'): NamespaceRules | undefined {
    const { namespace, level, fallbacks } = request;
    if (namespace === DEFAULT_NAMESPACE) return undefined;
    const { namespaces, defaults } = this.#options;
    const rules = namespaces.rulesOf(namespace);
    const { allowed_levels: allowed } = rules;
    if (allowed === undefined) return rules;
    const { readLevel, writeLevel } = defaults(namespace);
    const asked = level ?? (operation === 'read' ? readLevel : writeLevel);
    for (const text of [asked, ...fallbacks]) {
      const { name } = parseLevel(text, operation);
      if (!allowed.includes(name)) throw notAllowed(namespace, name, allowed);
    }
    return rules;
  }
}

function putUnder({ durability, default_ttl_s: ttl }: NamespaceRules, request: PutRequest) {
  const { change } = request;
  const ends: Change =
    change.state === 'value' && change.ttlSeconds === undefined && ttl !== undefined
      ? { ...change, ttlSeconds: ttl }
      : change;
  return { ...request, change: ends, durability: request.durability ?? durability };
}

function notAllowed(namespace: string, level: string, allowed: readonly string[]): OperatingError {
  const message = `the namespace "${namespace}" does not allow the level "${level}"`;
  return new OperatingError('not_allowed', message, {
    details: { namespace, received: level, allowed },
  });
}
