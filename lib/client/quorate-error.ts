/** What goes wrong on the way to an answer, or is the answer: an error with all its details. */
import type { ErrorCode } from '../errors.js';

/**
 * `aborted`: by the signal of the call. `closed`: the client is closed. All others come from a
 * node, and a later version of it may know further ones.
 */
export type ProblemCode = ErrorCode | 'aborted' | 'closed' | (string & {});

/** What helps with a problem: members of its JSON, as the node has sent them. */
export interface ProblemDetails {
  /** So many answers, bytes, ... are needed. */
  readonly required?: unknown;
  readonly received?: unknown;
  /** Names that would be right. */
  readonly known?: unknown;
  /** What of the request is wrong. */
  readonly field?: unknown;
  /** Of a bound that is exceeded. */
  readonly limit?: unknown;
  /** Of what is there now: it goes with the next write. */
  readonly context?: unknown;
  readonly version?: unknown;
  readonly [member: string]: unknown;
}

export interface Problem {
  readonly kind: 'problem';
  /** Of HTTP; undefined where no answer came. */
  readonly status: number | undefined;
  readonly code: ProblemCode;
  readonly detail: string;
  /** `unknown`: the write may have happened, or may surface later. */
  readonly outcome: 'none' | 'unknown';
  /** May the same request be sent again with hope? */
  readonly retryable: boolean;
  /** All members beside those of every problem. */
  readonly details: ProblemDetails;
  /** Stands in the logs of the node too; undefined where no answer came. */
  readonly requestId: string | undefined;
  /** Everything that the problem says, as JSON text; undefined where no answer came. */
  readonly text: string | undefined;
  /** What it comes from: the reason of a signal. */
  readonly cause?: unknown;
}

/** A request that failed. Programs look at `code` and at `outcome`. */
export class QuorateError extends Error implements Problem {
  override readonly name = 'QuorateError';
  readonly kind = 'problem';
  readonly status: number | undefined;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly outcome: 'none' | 'unknown';
  readonly retryable: boolean;
  readonly details: ProblemDetails;
  readonly requestId: string | undefined;
  readonly text: string | undefined;

  constructor(problem: Problem) {
    const { cause } = problem;
    super(`${problem.code}: ${problem.detail}`, cause === undefined ? undefined : { cause });
    this.status = problem.status;
    this.code = problem.code;
    this.detail = problem.detail;
    this.outcome = problem.outcome;
    this.retryable = problem.retryable;
    this.details = problem.details;
    this.requestId = problem.requestId;
    this.text = problem.text;
  }
}

/** Of what happened here: no node has said it. */
export function ownProblem(
  code: ProblemCode,
  detail: string,
  { outcome, retryable }: { readonly outcome: 'none' | 'unknown'; readonly retryable: boolean },
): Problem {
  return {
    ...{ kind: 'problem', status: undefined, code, detail, outcome, retryable },
    ...{ details: {}, requestId: undefined, text: undefined },
  };
}
