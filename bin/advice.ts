/** Which option helps with a problem, where one of the command line does. */
import type { ErrorCode } from '../lib/errors.js';

export const ADVICE: Partial<Record<ErrorCode, string>> = {
  siblings: 'quorate resolve KEY --strategy NAME, or a put with --context of the answer',
  context_required: 'quorate get KEY -o json tells the context for --context',
  precondition_failed: 'quorate get KEY tells what there is now, for --if-match or --context',
  version_changed: 'quorate get KEY, and again with its --context',
  level_not_reached: '--level with a weaker one, or --fallback; quorate levels tells what works',
  outcome_unknown: 'again with the same --idempotency-key; without one: quorate get KEY',
  deadline_passed: '--timeout gives it longer',
  session_not_covered: 'again, or without --session-file',
  too_many_requests: 'again later; quorate config get rate_limit_max tells how many are taken',
  namespace_not_empty: '--with-keys deletes them too',
  namespace_not_found: 'quorate namespace create NAME',
  idempotency_key_reused: 'another --idempotency-key for another request',
  operation_ended: 'another --idempotency-key, if it still should be written',
  peer_unreachable:
    '--endpoint with another node; where all are down: quorate cluster start-node ID for each',
  not_ready: '--endpoint with another node',
};
