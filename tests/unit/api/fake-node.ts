/** A node without a cluster: it records what the API asks, and answers what a test prepared. */
import type { ConvergenceView } from '../../../lib/anti-entropy/convergence.js';
import type { ExchangeControl } from '../../../lib/anti-entropy/exchange-now.js';
import type { ApiNode } from '../../../lib/api/api-node.js';
import type { CopiesAnswer } from '../../../lib/coordination/request/request.js';
import type {
  ConflictList,
  ConflictListRequest,
  ConflictsAnswer,
  GetAnswer,
  GetRequest,
  KeyList,
  KeyListRequest,
  PutAnswer,
  PutRequest,
  Receipt,
  ResolvePreview,
  ResolveRequest,
  VersionRequest,
  VersionsAnswer,
} from '../../../lib/coordination/request/request.js';
import { ForegroundLoad } from '../../../lib/environment/foreground-load.js';
import type { Observer } from '../../../lib/environment/observer.js';
import { OperatingError } from '../../../lib/errors.js';
import type { HintsView } from '../../../lib/hints/hints-report.js';
import type { ClusterStatus, LevelsView, RingView } from '../../../lib/membership/cluster-types.js';
import type { EventsView } from '../../../lib/membership/events.js';
import type {
  ChangeOptions,
  ConsistencySettings,
  SettingsAnswer,
  SettingsChange,
} from '../../../lib/membership/settings-types.js';
import type { KeptVersion } from '../../../lib/persistence/versions.js';
import type { AuditEntry } from '../../../lib/resolution/audit-entry.js';
import type { Version } from '../../../lib/versioning/siblings.js';
import { FakeNamespaces, SETTINGS } from './fake-namespaces.js';
import { FakeOperations } from './fake-operations.js';
import { NOTHING_SEEN_YET, type SessionToken } from '../../../lib/versioning/session-token.js';

export const WRITER = 'n1.1.0123456789ab';
/** 2026-01-02T03:04:05.678Z */
export const WRITTEN_AT = 1_767_323_045_678_000;

export const RECEIPT: Receipt = {
  level: 'quorum',
  answered: 2,
  asked: 3,
  standIns: 0,
  durability: undefined,
};

export function versionOf(
  n: number,
  contentType: string,
  value: string | Uint8Array,
  expiresAt?: number,
): Version {
  return {
    dot: { writer: WRITER, n },
    state: 'value',
    contentType,
    value: typeof value === 'string' ? Buffer.from(value) : value,
    writtenAt: WRITTEN_AT,
    expiresAt,
  };
}

/** A read that found these. */
export function found(...siblings: readonly Version[]): GetAnswer {
  return { siblings, recorded: true, context: 'Q29udGV4dA', receipt: RECEIPT };
}

export const ABSENT: GetAnswer = {
  siblings: [],
  recorded: false,
  context: undefined,
  receipt: RECEIPT,
};

export const WRITTEN: PutAnswer = {
  version: `${WRITER}.7`,
  context: 'TmV3',
  replaced: [`${WRITER}.6`],
  beside: [],
  receipt: { ...RECEIPT, durability: 'sync' },
};

const CONFLICTS: ConflictList = {
  conflicts: [{ namespace: 'default', key: 'k/1', since: WRITTEN_AT / 1000 }],
  cursor: 'bmV4dA',
  unanswered: ['n3'],
};

export class FakeNode implements ApiNode {
  readonly id = 'n1';
  readonly foreground = new ForegroundLoad();
  readonly gets: GetRequest[] = [];
  readonly puts: PutRequest[] = [];
  readonly logged: { readonly event: string; readonly fields: unknown }[] = [];
  readonly debugged: { readonly event: string; readonly fields: unknown }[] = [];
  readonly counted: string[] = [];
  readonly changes: {
    readonly fields: Partial<ConsistencySettings>;
    readonly options: ChangeOptions;
  }[] = [];
  answerGet: (request: GetRequest) => Promise<GetAnswer> | GetAnswer = () => ABSENT;
  answerPut: (request: PutRequest) => Promise<PutAnswer> | PutAnswer = () => WRITTEN;
  readonly resolves: ResolveRequest[] = [];
  readonly lists: ConflictListRequest[] = [];
  readonly keyListsAsked: KeyListRequest[] = [];
  keyList: KeyList = { items: [], cursor: undefined, receipt: RECEIPT };
  resolutions: readonly AuditEntry[] = [];
  kept: readonly KeptVersion[] = [];
  #settings: SettingsAnswer = { settings: SETTINGS, version: 'v1', nodes: ['n1', 'n2'] };

  readonly opened: string[] = [];

  readonly coordination = {
    openSession: (header: string): SessionToken => {
      this.opened.push(header);
      return NOTHING_SEEN_YET;
    },
    sessionText: (tokens: readonly SessionToken[]): string => `token-of-${tokens.length}`,
    get: (request: GetRequest): GetAnswer | Promise<GetAnswer> => {
      this.gets.push(request);
      return this.answerGet(request);
    },
    put: (request: PutRequest): PutAnswer | Promise<PutAnswer> => {
      this.puts.push(request);
      return this.answerPut(request);
    },
    conflicts: async (request: GetRequest): Promise<ConflictsAnswer> => {
      const answer = await this.coordination.get(request);
      return { ...answer, resolutions: this.resolutions };
    },
    resolve: async (request: ResolveRequest): Promise<PutAnswer> => {
      this.resolves.push(request);
      return WRITTEN;
    },
    previewResolution: async (request: ResolveRequest): Promise<ResolvePreview> => {
      this.resolves.push(request);
      const value = Buffer.from('["a","b"]');
      return { contentType: 'application/json', value, replaced: WRITTEN.replaced };
    },
    versions: async (request: GetRequest): Promise<VersionsAnswer> => {
      return { ...(await this.coordination.get(request)), kept: this.kept };
    },
    version: async (request: VersionRequest): Promise<GetAnswer> => {
      return { ...(await this.coordination.get(request)), context: undefined };
    },
    listConflicts: async (request: ConflictListRequest): Promise<ConflictList> => {
      this.lists.push(request);
      return CONFLICTS;
    },
    copies: async (): Promise<CopiesAnswer> => COPIES,
  };

  readonly operations = new FakeOperations();

  readonly gauges = { measure: async (): Promise<void> => undefined };
  readonly namespaces = new FakeNamespaces(
    () => this.settings.values,
    () => this.keyList.items.length > 0,
  );

  readonly keyLists = {
    list: async (request: KeyListRequest): Promise<KeyList> => {
      this.keyListsAsked.push(request);
      return this.keyList;
    },
  };

  readonly settings = {
    values: SETTINGS,
    current: (): SettingsAnswer => this.#settings,
    change: async (
      fields: Partial<ConsistencySettings>,
      options: ChangeOptions,
    ): Promise<SettingsAnswer> => {
      this.changes.push({ fields, options });
      if (options.ifMatch !== undefined && options.ifMatch !== this.#settings.version) {
        throw new OperatingError('precondition_failed', 'the version is another', {
          details: { version: this.#settings.version },
        });
      }
      const next = {
        ...this.#settings,
        settings: { ...this.#settings.settings, ...fields },
        version: 'v2',
      };
      if (!options.dryRun) {
        this.#settings = next;
        this.settings.values = next.settings;
      }
      return next;
    },
    history: (): readonly SettingsChange[] => [
      {
        version: 'v1',
        at: WRITTEN_AT / 1000,
        node: 'n1',
        by: '127.0.0.1',
        changed: { default_level: { from: 'one', to: 'quorum' } },
        settings: SETTINGS,
      },
    ],
    rollback: async (version: string, options: ChangeOptions): Promise<SettingsAnswer> => {
      if (version !== 'v1') throw new OperatingError('not_found', 'that version is not known');
      return this.settings.change(SETTINGS, options);
    },
  };

  readonly exchange: { -readonly [Name in keyof ExchangeControl]: ExchangeControl[Name] } = {
    exchangeNow: async (partition: number | undefined, dryRun: boolean) => {
      const keys = [
        { namespace: 'default', key: 'k', partition: partition ?? 3, here: '', there: 'x' },
      ];
      const difference = { differences: 1, keys: dryRun ? keys : [] };
      const peer = { peer: 'n2', error: undefined, records: 2, bytes: 300, ...difference };
      return [{ node: 'n1', error: undefined, peers: [peer] }];
    },
  };

  readonly cluster = {
    status: async (): Promise<ClusterStatus> => STATUS,
    ring: (): RingView => RING,
    locate: (namespace: string, key: string) => ({
      namespace,
      key,
      partition: 3,
      epoch: 1,
      primaries: [{ node: 'n1', zone: 'z1', up: true }],
      stand_ins: [],
    }),
    levels: (): LevelsView => ({
      ...{ node: 'n1', zone: 'z1', partitions: 2 },
      levels: [{ level: 'any', reads: undefined, writes: 2 }],
    }),
    readiness: (level: string | undefined) =>
      level === 'all' ? { ready: false, reason: 'n2 is down' } : { ready: true, reason: undefined },
  };

  readonly handoff = {
    heldHints: async (): Promise<HintsView> => ({ hints: [HELD], unanswered: ['n3'] }),
  };

  readonly convergence = { convergence: async (): Promise<ConvergenceView> => CONVERGENCE };

  readonly events = {
    events: async (limit: number): Promise<EventsView> => ({
      events: Array.from({ length: Math.min(limit, 2) }, () => EVENT),
      unanswered: ['n3'],
    }),
  };

  readonly observer: Observer = {
    log: (severity, event, fields) => {
      const lines = severity === 'debug' ? this.debugged : this.logged;
      lines.push({ event, fields });
    },
    count: (metric, labels = {}) => {
      this.counted.push(`${metric} ${Object.values(labels).join(' ')}`);
    },
    measure: () => undefined,
  };
}

const COPIES: CopiesAnswer = {
  partition: 3,
  epoch: 1,
  copies: [
    {
      ...{ node: 'n1', zone: 'z1', role: 'owner', said: 'holds', complete: true },
      versions: [versionOf(5, 'application/json', '{"a":1}')],
    },
    { node: 'n2', zone: 'z1', role: 'owner', said: 'down', complete: false, versions: [] },
  ],
};

const CONVERGENCE: ConvergenceView = {
  nodes: [
    {
      node: 'n1',
      exchanges: [{ peer: 'n2', at: WRITTEN_AT / 1000, result: 'alike', records: 0 }],
      rebuilding: [4],
      ...{ scrubbed: 1, owned: 2, tombstones: 3 },
      blocked: [{ reason: 'owner cannot be asked', count: 2 }],
    },
  ],
  unanswered: ['n3'],
};

const EVENT = {
  ...{ node: 'n1', number: 7, at: WRITTEN_AT / 1000, times: 2 },
  ...{ severity: 'warn' as const, event: 'peer is down', fields: { peer: 'n2' } },
};

const HELD = {
  holder: 'n1',
  target: 'n2',
  count: 1,
  bytes: 10,
  oldest: '2026-01-02T03:04:05.678Z',
  reason: 'n2 is down',
};

const STATUS: ClusterStatus = {
  cluster: 'c',
  cluster_id: 'cc',
  node: 'n1',
  epoch: 1,
  ring_hash: 'aa',
  partitions: 2,
  replicas: 3,
  replicas_effective: 1,
  nodes: [
    {
      id: 'n1',
      address: '127.0.0.1:10090',
      protocol: undefined,
      zone: 'z1',
      weight: 1,
      state: 'up',
      round_trip_ms: undefined,
      report: {
        id: 'n1',
        version: '0.1.0',
        start: 1,
        uptime_s: 2,
        epoch: 1,
        ring_hash: 'aa',
        settings_version: 'v1',
        partitions_owned: 2,
        hints: { n2: { count: 1, bytes: 10 } },
        storage: 'ok',
        clock: { sane: true, skew_ms: -3 },
        sees: { n2: 'down' },
        identity: [],
      },
    },
  ],
  partitions_under_replicated: 0,
  partitions_without_quorum: 0,
  alerts: [],
  verdict: 'ok',
};

const RING: RingView = {
  cluster: 'c',
  epoch: 1,
  hash: 'aa',
  partitions: 2,
  replicas: 3,
  members: [
    {
      id: 'n1',
      address: '127.0.0.1:10090',
      zone: 'z1',
      weight: 1,
      partitions_owned: 2,
      partitions_first: 2,
    },
  ],
  owners: [['n1'], ['n1']],
};
