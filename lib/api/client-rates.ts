/** How often each client asked lately: a port, since counting by time reads a clock (platform/). */
import type { IncomingMessage } from 'node:http';

export interface RateLimit {
  /** Requests in a window. */
  readonly max: number;
  readonly windowSeconds: number;
}

/** What a client has left. */
export interface RateVerdict {
  readonly allowed: boolean;
  /** Whole requests that would pass now. */
  readonly remaining: number;
  /** Where refused: until so many would pass. Else until the window ends. */
  readonly waitMilliseconds: number;
}

export interface ClientRates {
  /** Who asks: an address, of a proxy that is not trusted its own. */
  clientOf(request: IncomingMessage): string;
  /**
   * Counts them where they pass, all or none.
   * @param requests at most `limit.max`: more never pass
   */
  take(client: string, namespace: string, requests: number, limit: RateLimit): RateVerdict;
  /** What was taken in this turn, and is not used after all. */
  giveBack(client: string, namespace: string, requests: number): void;
  /** Clients, each counted once a namespace, whose counts are known. */
  readonly remembered: number;
  readonly rememberedMax: number;
}
