/** Operating errors: what can go wrong without a bug, one row a code. See docs/http-api.md. */

/** `none`: nothing happened. `unknown`: the write may surface later. */
export type Outcome = 'none' | 'unknown';

interface ErrorRow {
  /** May the same request be sent again, as it is, with hope of another answer? */
  readonly retryable: boolean;
  /** The usual outcome; one instance may say otherwise. */
  readonly outcome: Outcome;
}

const refused: ErrorRow = { retryable: false, outcome: 'none' };
const later: ErrorRow = { retryable: true, outcome: 'none' };
const uncertain: ErrorRow = { retryable: true, outcome: 'unknown' };

export const ERROR_CODES = {
  invalid_request: refused,
  invalid_key: refused,
  invalid_level: refused,
  invalid_context: refused,
  invalid_session_token: refused,
  unauthorized: refused,
  forbidden_origin: refused,
  not_allowed: refused,
  not_found: refused,
  namespace_not_found: refused,
  method_not_allowed: refused,
  body_timeout: later,
  siblings: refused,
  context_required: refused,
  version_changed: refused,
  namespace_not_empty: refused,
  precondition_failed: refused,
  operation_ended: refused,
  idempotency_key_reused: refused,
  expectation_failed: refused,
  http_version_unsupported: refused,
  misdirected_request: refused,
  value_too_large: refused,
  answer_too_large: refused,
  unsupported_media_type: refused,
  too_many_requests: later,
  headers_too_large: refused,
  not_implemented: refused,
  level_not_reached: later,
  session_not_covered: later,
  overloaded: later,
  not_ready: later,
  settings_unavailable: later,
  namespace_unknown: later,
  peer_unreachable: later,
  wrong_epoch: later,
  rebuilding: later,
  clock_not_sane: later,
  read_only: later,
  storage_failed: uncertain,
  outcome_unknown: uncertain,
  deadline_passed: later,
  context_too_large: refused,
  record_too_large: refused,
  corrupt_bytes: refused,
  unknown_format: refused,
  founding_refused: refused,
  id_in_use: refused,
  internal: { retryable: false, outcome: 'unknown' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorOptions {
  readonly outcome?: Outcome;
  /** What helps: `required`, `received`, `field`, ... Shown to the client as it is. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An expected failure with a stable `code`. Anything else that is thrown is a programmer error. */
export class OperatingError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly outcome: Outcome;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'OperatingError';
    this.code = code;
    this.retryable = ERROR_CODES[code].retryable;
    this.outcome = options.outcome ?? ERROR_CODES[code].outcome;
    this.details = options.details ?? {};
  }
}

/** The same, of which the outcome is known better. */
export function withOutcome(error: OperatingError, outcome: Outcome): OperatingError {
  if (error.outcome === outcome) return error;
  const { code, message, details } = error;
  return new OperatingError(code, message, { outcome, details, cause: error });
}

/** Bytes that are not what their checksum says, or that do not decode. */
export function isCorrupt(error: unknown): error is OperatingError {
  return error instanceof OperatingError && error.code === 'corrupt_bytes';
}

/** Whole, and written by another build. It is refused, never replaced. */
export function isUnknownFormat(error: unknown): error is OperatingError {
  return error instanceof OperatingError && error.code === 'unknown_format';
}

/** A programmer error: the invariant in `message` does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Invariant broken: ${message}`);
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
