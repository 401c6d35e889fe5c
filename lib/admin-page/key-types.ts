/** What the page reads of answers about one key: values, siblings, audit, kept versions. */

/** A JSON value, or bytes with their type. */
export interface EncodedValue {
  readonly value?: unknown;
  readonly value_base64?: string | undefined;
  readonly content_type?: string | undefined;
}

export interface ConflictSibling extends EncodedValue {
  readonly version: string;
  readonly written_at: string;
  readonly written_by: string;
  readonly expires_at?: string | undefined;
}

export interface DroppedByResolution extends EncodedValue {
  readonly version: string;
  readonly bytes: number;
  readonly written_at: string;
  readonly written_by: string;
  readonly value_left_out?: true | undefined;
}

export interface KeyConflicts {
  readonly key: string;
  readonly in_conflict: boolean;
  readonly context?: string | undefined;
  readonly siblings: readonly ConflictSibling[];
  readonly resolutions: readonly {
    readonly at: string;
    readonly strategy: string;
    readonly by: string;
    readonly kept: string;
    readonly dropped: readonly DroppedByResolution[];
  }[];
}

export interface KeyVersions {
  readonly versions: readonly {
    readonly version: string;
    readonly state: 'current' | 'kept';
    readonly written_at: string;
    readonly written_by: string;
    readonly content_type: string;
    readonly bytes: number;
  }[];
}

/** How an answer came about. */
export interface Explained {
  readonly courses: readonly {
    readonly node: string;
    readonly course: string;
    readonly steps: readonly {
      readonly at_ms: number;
      readonly did: string;
      readonly node?: string;
      readonly took_ms?: number;
      readonly answer?: Readonly<Record<string, unknown>> | null;
      readonly [member: string]: unknown;
    }[];
    readonly [member: string]: unknown;
  }[];
}
