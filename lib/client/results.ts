/** What a client gets. What goes wrong is thrown, as a QuorateError. See docs/client.md. */
import type { ExplainedAnswer } from './explanation.js';
import type { QuorateError } from './quorate-error.js';

/** As it is stored: JSON as it was written, digit by digit, or bytes with their type. */
export type StoredValue =
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly contentType: string };

/** What was truly achieved. */
export interface ClientReceipt {
  /** The level that held. */
  readonly level: string | undefined;
  /** `2/3`, and `stand-ins=1` where there were any. */
  readonly replicas: string | undefined;
  /** How the answer came about, where that was asked. */
  readonly explanation?: ExplainedAnswer | undefined;
  /** Of a read at `bounded-staleness`: `240; scope=all`, milliseconds. */
  readonly stalenessBound?: string | undefined;
}

/** A version of a key, before anybody has said what its value is. */
export interface StoredVersion {
  readonly stored: StoredValue;
  /** Names the stored write; bytes have it as their tag. */
  readonly version: string;
  /** RFC 3339, UTC. */
  readonly writtenAt: string;
}

export interface StoredSibling extends StoredVersion {
  readonly writtenBy: string;
}

export interface StoredFound extends StoredVersion {
  readonly kind: 'value';
  /** To send back with the next write; empty where one version was asked for. */
  readonly context: string;
  readonly expiresAt: string | undefined;
  readonly receipt: ClientReceipt;
}

export interface StoredConflict {
  readonly kind: 'siblings';
  readonly siblings: readonly StoredSibling[];
  /** Covers all of them: a write with it resolves the conflict. */
  readonly context: string;
  readonly receipt: ClientReceipt;
  /** The answer, as JSON text. */
  readonly text: string;
}

/**
 * The value: what `JSON.parse` makes of JSON (or `parse` of the options), or a Uint8Array where
 * bytes are stored. What its type is, the program says; nobody checks that.
 */
interface WithValue<Value> {
  readonly value: Value;
}

export type Found<Value = unknown> = StoredFound & WithValue<Value>;
export type Sibling<Value = unknown> = StoredSibling & WithValue<Value>;

export interface InConflict<Value = unknown> extends StoredConflict {
  readonly siblings: readonly Sibling<Value>[];
}

/** What a resolution would keep. */
export interface StoredPreview {
  readonly kind: 'preview';
  readonly stored: StoredValue;
  /** Versions that it would supersede. */
  readonly replaced: readonly string[];
}

export type ResolutionPreview<Value = unknown> = StoredPreview & WithValue<Value>;

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
  /**
   * Versions that this write has found and left: where it is not empty the key has siblings. With a
   * context it is what the context does not cover; without one rare, and the next write ends it.
   */
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
export interface StoredKey {
  readonly kind: 'key';
  readonly key: string;
  /** None where values were not asked for; several where the key has siblings. */
  readonly stored: readonly StoredValue[];
  /** Of the only value, where there is one. */
  readonly version: string | undefined;
  /** To send back with the next write. */
  readonly context: string | undefined;
  /** As it came, JSON text, where values were asked for. */
  readonly text: string | undefined;
}

export interface ListedKey<Value = unknown> extends StoredKey {
  /** Of `stored`, one by one. */
  readonly values: readonly Value[];
}

export interface StoredPage {
  readonly kind: 'page';
  readonly keys: readonly StoredKey[];
  /** Of the next page; undefined where there is none. */
  readonly cursor: string | undefined;
  readonly receipt: ClientReceipt;
  /** The answer, as JSON text. */
  readonly text: string;
}

export interface KeyPage<Value = unknown> extends StoredPage {
  readonly keys: readonly ListedKey<Value>[];
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

export type GetResult<Value = unknown> = Found<Value> | InConflict<Value> | NotFound;
/** Here a failure is a value: the other operations have not failed with it. */
export type BatchResult<Value = unknown> = GetResult<Value> | Written | QuorateError;
