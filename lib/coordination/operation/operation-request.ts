/** What the API asks of operations: writes under an id, applied once (docs/idempotency.md). */
import type { Once } from '../../consensus/once.js';
import type { OperatingError } from '../../errors.js';
import type { OperationAnswer } from './operation-record.js';
import type { SessionToken } from '../../versioning/session-token.js';
import type { PutAnswer, PutRequest } from '../request/request.js';

/** Of an attempt: what decides whether it is of a session, and of which. */
export type SessionAsked = Pick<PutRequest, 'level' | 'fallbacks' | 'precondition' | 'session'>;

/** A write under an id, applied once. */
export interface OperationRequest {
  /** 1 to 300 characters. */
  readonly id: string;
  /** A hash of all that it asks for: under another one the id is refused. */
  readonly payload: string;
  readonly namespace: string;
  readonly key: string;
  readonly timeoutMilliseconds: number | undefined;
  /** Not of the payload: another attempt may have seen more. */
  readonly asked: SessionAsked;
}

/** A batch under an id: its writes are operations of their own. */
export type BatchRequest = Pick<OperationRequest, 'id' | 'payload' | 'timeoutMilliseconds'>;

export interface OperationOutcome {
  readonly answer: OperationAnswer;
  /** Another attempt had begun it. */
  readonly isAgain: boolean;
  /** What the client of this attempt has seen by now; undefined: it is of no session. */
  readonly session: SessionToken | undefined;
}

/** How it is carried out, and what is answered. */
export interface OperationCourse {
  /** @param begunIn the stored namespace of the key: it is written there, or nowhere */
  perform(once: Once, begunIn: string, timeoutMilliseconds: number): Promise<OperationAnswer>;
  /** To a write that had taken effect before. */
  written(answer: PutAnswer): OperationAnswer;
  refused(error: OperatingError): OperationAnswer;
}

/** What became of an operation; `none`: it never takes effect. */
export type OperationReport =
  | {
      readonly status: 'done' | 'none';
      readonly namespace: string;
      readonly key: string;
      readonly answer: OperationAnswer;
    }
  | { readonly status: 'pending'; readonly namespace: string; readonly key: string }
  /** Places in the batch of its writes, which are operations of their own. */
  | { readonly status: 'batch'; readonly writes: readonly number[] };

/** What the API needs of operations. All reject with an OperatingError. */
export interface OperationsControl {
  /** `idempotency_key_reused`; and as a write. */
  run(request: OperationRequest, course: OperationCourse): Promise<OperationOutcome>;
  /** The id is of this batch, and of no other. `idempotency_key_reused`; and as a write. */
  bind(request: BatchRequest, writes: readonly number[]): Promise<void>;
  /**
   * What became of it. What was begun and never finished is finished, or ended.
   * @returns undefined where nothing is known of such an id
   */
  look(
    id: string,
    timeoutMilliseconds: number | undefined,
    courseOf: (at: { readonly namespace: string; readonly key: string }) => OperationCourse,
  ): Promise<OperationReport | undefined>;
}
