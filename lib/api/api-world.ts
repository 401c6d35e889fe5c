/** What the API is made of, and the limits that it keeps. */
import type { Clock } from '../environment/clock.js';
import type { RequestAdmissionLimits } from './http/admission.js';
import type { PutBodyLimits } from './http/put-body.js';
import type { ApiNode } from './api-node.js';
import type { ClientRates } from './client-rates.js';

export type ApiLimits = RequestAdmissionLimits &
  PutBodyLimits & {
    readonly timeoutDefaultMilliseconds: number;
    /** Of the body of a batch, and of its answer, but for what is answered to writes. */
    readonly batchBytesMax: number;
    /** Of answers that their clients have not taken yet. */
    readonly answerBytesInFlightMax: number;
    /** Control requests at once. */
    readonly controlInFlightMax: number;
  };

/** What the listener holds. */
export interface ConnectionFigures {
  readonly open: number;
  readonly openMax: number;
  /** Heads of requests that wait for earlier ones of their connections. */
  readonly waitingBytes: number;
}

export interface ApiWorld {
  readonly node: ApiNode;
  readonly limits: ApiLimits;
  /** Of the software. */
  readonly version: string;
  readonly clock: Clock;
  /** A fresh id for a request: short, without blanks, not guessable where that matters. */
  readonly requestId: () => string;
  /** Runs it together with others of this turn of the event loop, soon: what writes to sockets. */
  readonly together: (run: () => void) => void;
  /** Is a line written for each request? */
  readonly logsRequests: boolean;
  readonly connections: () => ConnectionFigures;
  readonly rates: ClientRates;
  /** The text of `/metrics`, in the format of Prometheus. */
  readonly metrics: () => Promise<string>;
}
