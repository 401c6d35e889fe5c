/** A status and a title for each error code (docs/http-api.md, Errors). */
import type { ErrorCode } from '../../errors.js';

export interface ErrorStatus {
  readonly status: number;
  readonly title: string;
}

export const ERROR_STATUS: Readonly<Record<ErrorCode, ErrorStatus>> = {
  invalid_request: { status: 400, title: 'The request is not understood' },
  invalid_key: { status: 400, title: 'Not a key' },
  invalid_level: { status: 400, title: 'Not a level for this request' },
  invalid_session_token: { status: 400, title: 'Not a session token of this cluster' },
  invalid_context: { status: 400, title: 'Not a context of this key' },
  unauthorized: { status: 401, title: 'Credentials are missing or wrong' },
  forbidden_origin: { status: 403, title: 'Not from that origin' },
  not_allowed: { status: 403, title: 'Not allowed in this namespace' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Not a method of this resource' },
  body_timeout: { status: 408, title: 'The request was not finished in time' },
  siblings: { status: 409, title: 'The key has siblings' },
  context_required: { status: 409, title: 'A context is required' },
  version_changed: { status: 409, title: 'The version changed meanwhile' },
  namespace_not_empty: { status: 409, title: 'The namespace holds keys' },
  precondition_failed: { status: 412, title: 'The precondition does not hold' },
  value_too_large: { status: 413, title: 'The body is too large' },
  answer_too_large: { status: 413, title: 'The answer would be too large' },
  unsupported_media_type: { status: 415, title: 'Not a type of body that is taken here' },
  expectation_failed: { status: 417, title: 'Not an expectation that is met here' },
  misdirected_request: { status: 421, title: 'Not a name of this node' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  headers_too_large: { status: 431, title: 'Too many or too large headers' },
  not_implemented: { status: 501, title: 'Not in this version' },
  level_not_reached: { status: 503, title: 'The level was not reached' },
  session_not_covered: { status: 503, title: 'What the session has seen is not there' },
  overloaded: { status: 503, title: 'Overloaded' },
  not_ready: { status: 503, title: 'Not ready' },
  settings_unavailable: { status: 503, title: 'Settings cannot be changed now' },
  peer_unreachable: { status: 503, title: 'A node cannot be reached' },
  wrong_epoch: { status: 503, title: 'The ring changed meanwhile' },
  rebuilding: { status: 503, title: 'The replica is being rebuilt' },
  clock_not_sane: { status: 503, title: 'The clock of the node is wrong' },
  read_only: { status: 503, title: 'This node takes no writes now' },
  storage_failed: { status: 507, title: 'The disk failed' },
  outcome_unknown: { status: 503, title: 'The outcome is unknown' },
  deadline_passed: { status: 504, title: 'The deadline passed' },
  context_too_large: { status: 507, title: 'The context is too large' },
  record_too_large: { status: 507, title: 'The siblings are too large' },
  corrupt_bytes: { status: 500, title: 'Stored bytes are damaged' },
  unknown_format: { status: 500, title: 'Stored by another version' },
  founding_refused: { status: 503, title: 'The cluster was not founded' },
  id_in_use: { status: 503, title: 'Another node runs under this id' },
  internal: { status: 500, title: 'Internal error' },
};
