/** What an answer reports of how it came about, and what is known of that from outside. */

/** One thing that was done or met, with the names of docs/http-api.md, Explained answers. */
export interface ReportedStep {
  readonly at_ms: number;
  readonly did: string;
  readonly node?: string | undefined;
  readonly took_ms?: number | undefined;
  /** Of a question; null: there was none by then. */
  readonly answer?: ReportedAnswer | null | undefined;
  readonly level?: string | undefined;
  readonly answered?: number | undefined;
  readonly asked?: number | undefined;
  readonly stand_ins?: number | undefined;
  readonly versions?: readonly string[] | undefined;
  readonly versions_left_out?: number | undefined;
  /** Minted, or proposed. */
  readonly version?: string | undefined;
  readonly sent?: string | undefined;
  readonly hint_for?: string | undefined;
  readonly ballot?: string | undefined;
  readonly proposal?: string | undefined;
  readonly round?: number | undefined;
  readonly rounds?: number | undefined;
  readonly result?: string | undefined;
  /** The code of the refusal. */
  readonly refused?: string | undefined;
}

export interface ReportedAnswer {
  readonly versions?: readonly string[] | undefined;
  readonly versions_left_out?: number | undefined;
  readonly stored?: unknown;
  readonly held?: boolean | undefined;
  readonly met?: boolean | undefined;
  readonly accepted?: unknown;
  readonly promised?: unknown;
  readonly proposer?: boolean | undefined;
  readonly under_way?: boolean | undefined;
}

export interface ReportedCourse {
  readonly node: string;
  readonly course: string;
  readonly steps: readonly ReportedStep[];
  readonly operation?: string | undefined;
  readonly ballot?: string | undefined;
  readonly plan?: ReportedPlan | undefined;
  readonly levels?: readonly ReportedLevel[] | undefined;
}

export interface ReportedPlan {
  readonly partition: number;
  readonly owners: readonly { readonly node: string; readonly zone: string }[];
  /** In which order they are asked. */
  readonly order: readonly string[];
  readonly stand_ins: readonly string[];
}

export interface ReportedLevel {
  readonly level: string;
  readonly needs: readonly { readonly required: number; readonly of: readonly string[] }[];
}

export interface ReportedExplanation {
  readonly node: string;
  readonly took_ms: number;
  readonly left_out?: number | undefined;
  readonly courses: readonly ReportedCourse[];
}

/** A request that asked for it, and was answered. */
export interface ExplainedRequest {
  /** The read or write that was answered. */
  readonly id: string;
  readonly key: string;
  readonly kind: 'read' | 'write';
  /** The level that held, how many primaries answered and of how many, as the receipt says. */
  readonly level: string;
  readonly answered: number;
  readonly asked: number;
  readonly standIns: number;
  readonly primaries: readonly { readonly node: string; readonly zone: string }[];
  /** The node that was asked, and where it is. */
  readonly node: string;
  readonly zone: string;
  readonly began: number;
  readonly ended: number;
  /** The same time by the clock of the node, milliseconds. */
  readonly took: number;
  /** Shown, or written. */
  readonly versions: readonly string[];
  /** Primaries that can have done what is reported: as those of a receipt. */
  readonly witnesses: readonly string[];
  /** Of a read: what others said in messages of this very read. */
  readonly heard: readonly ReportedVersions[];
  /** May a majority of the disks have lost what was promised and accepted? */
  readonly mayBeLost?: boolean | undefined;
  /** Undefined: nothing was reported. */
  readonly reported: ReportedExplanation | undefined;
}

/** Each version as explanations write it. */
export interface ReportedVersions {
  readonly node: string;
  readonly versions: readonly string[];
}
