/** What the API is made of, and the limits that it keeps. */
import type { Clock } from '../environment/clock.js';
import type { AdmissionLimits } from './http/admission.js';
import type { PutBodyLimits } from './http/put-body.js';
import type { ApiNode } from './api-node.js';

export type ApiLimits = AdmissionLimits &
  PutBodyLimits & {
    readonly timeoutDefaultMilliseconds: number;
    /** Of the body of a batch, and of its answer, but for what is answered to writes. */
    readonly batchBytesMax: number;
  };

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
  /** The text of `/metrics`, in the format of Prometheus. */
  readonly metrics: () => Promise<string>;
}
