/** What a client gets: each outcome is a value, none is thrown. See docs/http-api.md. */

/** A stored value: JSON as it was written, or bytes with their type. */
export type StoredValue =
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly contentType: string };

/** What was truly achieved. */
export interface ClientReceipt {
  /** The level that held. */
  readonly level: string | undefined;
  /** `2/3`, and `stand-ins=1` where there were any. */
  readonly replicas: string | undefined;
}

export interface Sibling {
  readonly value: StoredValue;
  readonly version: string;
  /** RFC 3339, UTC. */
  readonly writtenAt: string;
  readonly writtenBy: string;
}

export interface Problem {
  readonly kind: 'problem';
  /** Of HTTP; undefined where no answer came. */
  readonly status: number | undefined;
  /** Stable: lib/errors.ts. */
  readonly code: string;
  readonly detail: string;
  /** `unknown`: the write may have happened, or may surface later. */
  readonly outcome: 'none' | 'unknown';
  readonly retryable: boolean;
  /** Everything that the problem says, as JSON text; undefined where no answer came. */
  readonly text: string | undefined;
}

export interface Found {
  readonly kind: 'value';
  readonly value: StoredValue;
  /** Names the stored write; bytes have it as their tag. */
  readonly version: string;
  /** To send back with the next write; empty where one version was asked for. */
  readonly context: string;
  readonly writtenAt: string;
  readonly expiresAt: string | undefined;
  readonly receipt: ClientReceipt;
}

export interface InConflict {
  readonly kind: 'siblings';
  readonly siblings: readonly Sibling[];
  /** Covers all of them: a write with it resolves the conflict. */
  readonly context: string;
  readonly receipt: ClientReceipt;
  /** The answer, as JSON text. */
  readonly text: string;
}

export interface NotFound {
  readonly kind: 'not-found';
  /** To send back with the first write; undefined where one version was asked for. */
  readonly context: string | undefined;
  readonly receipt: ClientReceipt;
}

export interface Written {
  readonly kind: 'written';
  readonly version: string;
  readonly context: string;
  /** Versions that this write superseded. */
  readonly replaced: readonly string[];
  /** Versions that a write without a context has found and left: rare; the next write ends it. */
  readonly beside: readonly string[];
  readonly receipt: ClientReceipt;
}

export interface Answered<Content> {
  readonly kind: 'answer';
  readonly content: Content;
  /** As it came. */
  readonly text: string;
}

/** A key of a list, with what it holds where that was asked for. */
export interface ListedKey {
  readonly kind: 'key';
  readonly key: string;
  /** None where values were not asked for; several where the key has siblings. */
  readonly values: readonly StoredValue[];
  /** Of the only value, where there is one. */
  readonly version: string | undefined;
  /** To send back with the next write. */
  readonly context: string | undefined;
  /** As it came, JSON text, where values were asked for. */
  readonly text: string | undefined;
}

export interface KeyPage {
  readonly kind: 'page';
  readonly keys: readonly ListedKey[];
  /** Of the next page; undefined where there is none. */
  readonly cursor: string | undefined;
  readonly receipt: ClientReceipt;
  /** The answer, as JSON text. */
  readonly text: string;
}

/** Each operation of a batch has an outcome of its own, in their order. */
export interface Batched<Result> {
  readonly kind: 'batch';
  /** How many of them are no success: nothing found and siblings count, as they do alone. */
  readonly failed: number;
  readonly results: readonly Result[];
  /** The answer, as JSON text. */
  readonly text: string;
}

/** One result as it came, for whoever does not know the operation. */
export interface BatchRow {
  readonly status: number;
  /** Of a failure. */
  readonly code: string | undefined;
  readonly detail: string | undefined;
  readonly outcome: 'none' | 'unknown';
  readonly key: string | undefined;
  readonly version: string | undefined;
  readonly receipt: ClientReceipt;
  /** JSON text. */
  readonly text: string;
}

export type GetResult = Found | InConflict | NotFound | Problem;
export type WriteResult = Written | Problem;
export type ControlResult<Content> = Answered<Content> | Problem;
