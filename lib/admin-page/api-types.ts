/** What the page reads of answers of the public API; tests hold it against the routes' shapes. */

export type Health = 'up' | 'suspect' | 'down';

export interface NodeRowReport {
  readonly version: string;
  readonly start: number;
  readonly uptime_s: number;
  readonly settings_version: string;
  readonly partitions_owned: number;
  readonly hints: Readonly<Record<string, { readonly count: number; readonly bytes: number }>>;
  readonly storage: 'ok' | 'read_only' | 'stalled' | 'failed';
  readonly clock: { readonly sane: boolean; readonly skew_ms?: number | undefined };
  readonly round_trips_ms?: Readonly<Record<string, number>> | undefined;
  readonly sees: Readonly<Record<string, Health>>;
}

export interface NodeRow {
  readonly id: string;
  readonly address: string;
  readonly protocol?: number | undefined;
  readonly zone: string;
  readonly state: Health;
  readonly report?: NodeRowReport | undefined;
}

export interface Status {
  readonly cluster: string;
  readonly node: string;
  readonly epoch: number;
  readonly partitions: number;
  readonly replicas_effective: number;
  readonly nodes: readonly NodeRow[];
  readonly partitions_under_replicated: number;
  readonly partitions_without_quorum: number;
  readonly alerts: readonly string[];
  readonly verdict: 'ok' | 'degraded' | 'failing';
  /** Not reported by a node of an earlier version. */
  readonly clients?:
    | {
        readonly rate_limit?:
          | { readonly max: number; readonly window_s: number; readonly refused: number }
          | undefined;
      }
    | undefined;
}

export interface Levels {
  readonly partitions: number;
  readonly levels: readonly {
    readonly level: string;
    readonly reads?: number | undefined;
    readonly writes?: number | undefined;
  }[];
}

export interface RingReport {
  readonly partitions: number;
  readonly replicas: number;
  readonly members: readonly {
    readonly id: string;
    readonly zone: string;
    readonly partitions_owned: number;
    readonly partitions_first: number;
  }[];
  readonly owners: readonly (readonly string[])[];
}

export interface HintList {
  readonly hints: readonly {
    readonly holder: string;
    readonly target: string;
    readonly count: number;
    readonly bytes: number;
    readonly oldest?: string | undefined;
    readonly estimated_end?: string | undefined;
    readonly reason: string;
  }[];
  readonly unanswered: readonly string[];
}

export interface Convergence {
  readonly nodes: readonly {
    readonly node: string;
    readonly exchanges: readonly {
      readonly peer: string;
      readonly at: string;
      readonly result: 'alike' | 'different' | 'failed';
      readonly records: number;
    }[];
    readonly rebuilding: readonly number[];
    readonly scrubbed: number;
    readonly owned: number;
    readonly tombstones: number;
    readonly blocked: readonly { readonly reason: string; readonly count: number }[];
  }[];
  readonly unanswered: readonly string[];
}

export interface ExchangeResult {
  readonly nodes: readonly {
    readonly node: string;
    readonly error?: string | undefined;
    readonly peers: readonly {
      readonly peer: string;
      readonly error?: string | undefined;
      readonly records: number;
      readonly bytes: number;
      readonly differences: number;
    }[];
  }[];
}

export interface Events {
  readonly events: readonly {
    readonly node: string;
    readonly number: number;
    readonly at: string;
    readonly severity: 'info' | 'warn' | 'error';
    readonly event: string;
    readonly fields: Readonly<Record<string, string>>;
    readonly times: number;
  }[];
  readonly unanswered: readonly string[];
}

export interface ConflictPage {
  readonly conflicts: readonly {
    readonly namespace: string;
    readonly key: string;
    readonly since: string;
  }[];
  readonly cursor?: string | undefined;
  readonly unanswered: readonly string[];
}

export type SettingValue = string | number;

export interface SettingsInForce {
  readonly version: string;
  readonly settings: Readonly<Record<string, SettingValue>>;
  readonly nodes: readonly string[];
}

export interface SettingsChangeList {
  readonly history: readonly {
    readonly version: string;
    readonly at: string;
    readonly node: string;
    readonly by: string;
    readonly changed: Readonly<Record<string, { readonly from?: unknown; readonly to?: unknown }>>;
    readonly settings: Readonly<Record<string, SettingValue>>;
  }[];
}

export interface KeyCopies {
  readonly key: string;
  readonly partition: number;
  readonly copies: readonly {
    readonly node: string;
    readonly zone?: string | undefined;
    readonly role: 'owner' | 'stand-in';
    readonly said: 'holds' | 'nothing' | 'silent' | 'down';
    readonly complete: boolean;
    readonly versions: readonly {
      readonly version: string;
      readonly state: 'value' | 'tombstone' | 'stub';
      readonly written_at: string;
      readonly written_by: string;
      readonly content_type?: string | undefined;
      readonly expires_at?: string | undefined;
    }[];
  }[];
}

/** The namespaces, the default one first. */
export interface NamespaceList {
  readonly namespaces: readonly {
    readonly namespace: string;
    /** As they were given. */
    readonly rules: Readonly<Record<string, unknown>>;
    /** With what they leave out, as it is in the cluster. */
    readonly effective: {
      readonly default_level: string;
      readonly default_write_level: string;
      readonly durability: string;
    };
  }[];
}
