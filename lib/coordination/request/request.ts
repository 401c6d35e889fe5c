/** What a client asks of the coordinator, and what it answers: the seam below every API. */
import type { NodeId } from '../../environment/transport.js';
import type { StalenessBound } from './staleness-demand.js';
import type { Once } from '../../consensus/once.js';
import type { Explanation } from './explanation.js';
import type { Change } from '../../replica/intent.js';
import type { RenderingPlace } from '../../persistence/record-table.js';
import type { Durability } from '../../persistence/store.js';
import type { KeptVersion } from '../../persistence/versions.js';
import type { AuditEntry } from '../../resolution/audit-entry.js';
import type { SessionToken } from '../../versioning/session-token.js';
import type { Version } from '../../versioning/siblings.js';

interface Addressed {
  readonly namespace: string;
  /** 1 to 1,024 bytes of UTF-8, well-formed. */
  readonly key: string;
  /** As the client wrote it; undefined: the cluster's default. */
  readonly level: string | undefined;
  /** Weaker levels to descend to, in order. */
  readonly fallbacks: readonly string[];
  /** Undefined: the node's default. */
  readonly timeoutMilliseconds: number | undefined;
  /** What the client has seen, of all keys: a floor under every level; undefined: not given. */
  readonly session?: SessionToken | undefined;
  /** Tells how the answer came about; undefined: nobody asks. */
  readonly explanation?: Explanation | undefined;
}

/** When a read writes what it found to the replicas that lag: before its answer, after it, not. */
export const READ_REPAIRS = ['await', 'async', 'none'] as const;
export type ReadRepair = (typeof READ_REPAIRS)[number];

export interface GetRequest extends Addressed {
  /** Beyond what the level promises; undefined: by chance, as the cluster's settings say. */
  readonly readRepair?: ReadRepair | undefined;
}

/** What must hold of the values of the key, in the very step of the write. */
export type Precondition =
  /** There is none. */
  | { readonly is: 'absent' }
  /** There is one, or more. */
  | { readonly is: 'present' }
  /** There is one, and it is one of these. */
  | { readonly is: 'version'; readonly versions: readonly string[] };

export interface PutRequest extends Addressed {
  /** A delete is the put of a tombstone. */
  readonly change: Change;
  /** The token that came with a read or a write of this key. */
  readonly context: string | undefined;
  /** Undefined: what the namespace says, or `sync`. */
  readonly durability: Durability | undefined;
  /** It implies `strong`. Where it does not hold: `precondition_failed`, with what is there. */
  readonly precondition?: Precondition | undefined;
  /** It takes effect once, whoever sends it again. It implies `strong`. */
  readonly once?: Once | undefined;
  /** With `once`: the namespace under which it was begun, as it is stored. */
  readonly begunIn?: string | undefined;
}

/** Resolves the siblings that a context shows: by a strategy, or to a value. */
export interface ResolveRequest extends Addressed {
  /** Both as of a put. */
  readonly once?: Once | undefined;
  readonly begunIn?: string | undefined;
  readonly context: string;
  readonly resolution:
    | { readonly kind: 'strategy'; readonly strategy: string }
    | { readonly kind: 'value'; readonly contentType: string; readonly value: Uint8Array };
  /** Who asks, for the audit entry. */
  readonly by: string;
  readonly durability: Durability | undefined;
}

/** What a resolution would make of the siblings; nothing was written. */
export interface ResolvePreview {
  readonly contentType: string;
  readonly value: Uint8Array;
  /** The versions that it would supersede. */
  readonly replaced: readonly string[];
}

export interface VersionRequest extends Addressed {
  readonly version: string;
}

export interface ConflictListRequest {
  /** Undefined: of all. */
  readonly namespace?: string | undefined;
  /** 1 to 1,000. */
  readonly limit: number;
  /** Of the page before. */
  readonly cursor: string | undefined;
  readonly timeoutMilliseconds: number | undefined;
}

/** Keys in the order of their UTF-8 bytes. */
export interface KeyListRequest extends Omit<Addressed, 'key' | 'session'> {
  /** '' for all. */
  readonly prefix: string;
  /** 1 to 1,000. */
  readonly limit: number;
  /** Of the page before. */
  readonly cursor: string | undefined;
  /** Each key as a read at the level finds it. */
  readonly values: boolean;
}

/** What do the owners hold of a key? */
export type CopiesRequest = Pick<GetRequest, 'namespace' | 'key' | 'timeoutMilliseconds'>;

/** What was truly achieved. Nothing is weakened silently. */
export interface Receipt {
  /** The level that held: the one named, or a fallback. */
  readonly level: string;
  /** Primaries that answered (reads) or hold the write as durably as asked. */
  readonly answered: number;
  /** Primaries that the key has. */
  readonly asked: number;
  /** Stand-ins that hold a hint of this write, or answered for absent primaries. */
  readonly standIns: number;
  /** Writes: what the acknowledgements meant. */
  readonly durability: Durability | undefined;
  /** Reads at `bounded-staleness`: how old the answer can be, as proven. */
  readonly bound?: StalenessBound | undefined;
}

/** What the client has seen by now; undefined: the request is of no session. */
interface OfSession {
  readonly session?: SessionToken | undefined;
}

export interface GetAnswer extends OfSession {
  /** The values that a reader sees, sorted by dot: 0 (not found), 1, or more (in conflict). */
  readonly siblings: readonly Version[];
  /** Is there a record at all, be it of tombstones and stubs alone? */
  readonly recorded: boolean;
  /** To send back with the next write; undefined where one version was asked for. */
  readonly context: string | undefined;
  readonly receipt: Receipt;
  /** Where what is made of what is here may lie; undefined where it may not, or there is none. */
  readonly place?: RenderingPlace | undefined;
}

export interface PutAnswer extends OfSession {
  /** The dot of the new version, as text. */
  readonly version: string;
  readonly context: string;
  /** The live versions that this write superseded. */
  readonly replaced: readonly string[];
  /**
   * Those that it has found and left: of a write with a context what that does not cover. Rare
   * without one, and the next write ends it.
   */
  readonly beside: readonly string[];
  readonly receipt: Receipt;
}

export interface ConflictsAnswer extends GetAnswer {
  /** How earlier conflicts were resolved, the latest first. */
  readonly resolutions: readonly AuditEntry[];
}

export interface VersionsAnswer extends GetAnswer {
  /** Superseded and kept, the latest written first. */
  readonly kept: readonly KeptVersion[];
}

export interface ConflictList {
  /** The conflict that began first at the front. */
  readonly conflicts: readonly {
    readonly namespace: string;
    readonly key: string;
    /** Wall milliseconds. */
    readonly since: number;
  }[];
  /** Of the next page; undefined where there is none. */
  readonly cursor: string | undefined;
  /** Nodes whose replicas are not in it. */
  readonly unanswered: readonly string[];
}

export interface KeyListItem {
  readonly key: string;
  /** Where values were asked for: what a read found. */
  readonly found: GetAnswer | undefined;
}

export interface KeyList {
  readonly items: readonly KeyListItem[];
  /** Of the next page; undefined where there is none. A page may be short, or empty. */
  readonly cursor: string | undefined;
  /** `answered`: nodes that sent their keys; `asked`: nodes of the cluster. */
  readonly receipt: Receipt;
}

/** One node, and what it holds of the key. */
export interface HeldCopy {
  readonly node: NodeId;
  readonly zone: string | undefined;
  /** A stand-in holds a hint for an absent owner. */
  readonly role: 'owner' | 'stand-in';
  /** `silent`: it did not answer in time, or could not read its record. */
  readonly said: 'holds' | 'nothing' | 'silent' | 'down';
  /** Only this node's own versions have their values here; all have their dots and times. */
  readonly versions: readonly Version[];
  /** Does it hold what all that answered hold together? */
  readonly complete: boolean;
}

export interface CopiesAnswer {
  readonly partition: number;
  readonly epoch: number;
  readonly copies: readonly HeldCopy[];
}

/** What the API needs of the coordinator. All reject with an OperatingError. */
export interface Coordination {
  /** @throws OperatingError `invalid_session_token`; @param header tokens, separated by commas */
  openSession(header: string): SessionToken;
  /** What a client is to send back: the union of what its operations have come to. */
  sessionText(tokens: readonly SessionToken[]): string;
  /** At once where nothing need be waited for. */
  get(request: GetRequest): GetAnswer | Promise<GetAnswer>;
  put(request: PutRequest): PutAnswer | Promise<PutAnswer>;
  /** The siblings as they are, whatever the setting would make of them; what became of others. */
  conflicts(request: GetRequest): Promise<ConflictsAnswer>;
  /** `version_changed` where the context does not show what is there now. */
  resolve(request: ResolveRequest): Promise<PutAnswer>;
  /** The same without writing anything. */
  previewResolution(request: ResolveRequest): Promise<ResolvePreview>;
  versions(request: GetRequest): Promise<VersionsAnswer>;
  /** One version, current or kept; no siblings where no replica that answered has it. */
  version(request: VersionRequest): Promise<GetAnswer>;
  listConflicts(request: ConflictListRequest): Promise<ConflictList>;
  /** What each owner holds, for looking: nothing is repaired. */
  copies(request: CopiesRequest): Promise<CopiesAnswer>;
}

/** What the API needs of lists of keys. */
export interface KeyLists {
  /** Keys that hold a value, as the level knows it. Rejects with an OperatingError. */
  list(request: KeyListRequest): Promise<KeyList>;
}
