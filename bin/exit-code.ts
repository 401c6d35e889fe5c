/** What the status of the process says, a row a meaning. See docs/operations.md. */
import type { ErrorCode, Outcome } from '../lib/errors.js';

export const EXIT = {
  done: 0,
  notFound: 1,
  usage: 2,
  siblings: 3,
  precondition: 4,
  notAvailable: 5,
  outcomeUnknown: 6,
  notAllowed: 7,
  /** `status`: it works, and something is not as it should be. */
  degraded: 8,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Of a process that met a bug: not one of the answers above. */
export const CRASHED = 70;

/** The command did its work; its answer, or a file of an option, is not written: a full disk. */
export const OUTPUT_FAILED = 74;

/** Codes that are not covered by their outcome: `none` is not available, `unknown` is unknown. */
const BY_CODE: Partial<Record<ErrorCode, ExitCode>> = {
  invalid_request: EXIT.usage,
  invalid_key: EXIT.usage,
  invalid_level: EXIT.usage,
  invalid_context: EXIT.usage,
  invalid_session_token: EXIT.usage,
  method_not_allowed: EXIT.usage,
  value_too_large: EXIT.usage,
  answer_too_large: EXIT.usage,
  unsupported_media_type: EXIT.usage,
  headers_too_large: EXIT.usage,
  expectation_failed: EXIT.usage,
  http_version_unsupported: EXIT.usage,
  misdirected_request: EXIT.usage,
  unauthorized: EXIT.notAllowed,
  forbidden_origin: EXIT.notAllowed,
  not_allowed: EXIT.notAllowed,
  not_found: EXIT.notFound,
  namespace_not_found: EXIT.notFound,
  siblings: EXIT.siblings,
  context_required: EXIT.precondition,
  version_changed: EXIT.precondition,
  namespace_not_empty: EXIT.precondition,
  precondition_failed: EXIT.precondition,
  operation_ended: EXIT.precondition,
  idempotency_key_reused: EXIT.precondition,
};

/** `error`: an OperatingError, or the problem that a node answered. */
export function exitCodeOf(error: { readonly code: string; readonly outcome: Outcome }): ExitCode {
  const listed = BY_CODE[error.code as ErrorCode];
  if (listed !== undefined) return listed;
  return error.outcome === 'unknown' ? EXIT.outcomeUnknown : EXIT.notAvailable;
}
