/** Counts the requests of each client by token buckets, of as many clients as are remembered. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { RateLimiter } from 'limiter';
import { LRUCache } from 'lru-cache';
import proxyAddr from 'proxy-addr';
import type { ClientRates, RateLimit, RateVerdict } from '../api/client-rates.js';

export interface ClientRateOptions {
  /** Beyond it the client that was quiet for longest is forgotten: it begins anew. */
  readonly clientsMax: number;
  /** Addresses and subnets. */
  readonly trustedProxies: readonly string[];
}

interface Count {
  readonly limiter: RateLimiter;
  readonly limit: RateLimit;
}

/** One household or machine has a whole /64: by single addresses it would have no limit. */
const PREFIX_BYTES = 8;

export class TokenBucketRates implements ClientRates {
  readonly #counts: LRUCache<string, Count>;
  readonly #isTrusted: (address: string, hop: number) => boolean;

  constructor({ clientsMax, trustedProxies }: ClientRateOptions) {
    this.#counts = new LRUCache({ max: clientsMax });
    this.#isTrusted = proxyAddr.compile([...trustedProxies]);
  }

  get remembered(): number {
    return this.#counts.size;
  }

  get rememberedMax(): number {
    return this.#counts.max;
  }

  /** `X-Forwarded-For` is read from its end, as far as trusted proxies have written it. */
  clientOf(request: IncomingMessage): string {
    const { remoteAddress = 'unknown' } = request.socket;
    const forwarded = proxyAddr(request, this.#isTrusted);
    // What is no address (a port behind it, a word) would be another client each time.
    return clientOfAddress(
      forwarded !== undefined && isIP(forwarded) !== 0 ? forwarded : remoteAddress,
    );
  }

  take(client: string, namespace: string, requests: number, limit: RateLimit): RateVerdict {
    const { limiter } = this.#countOf(nameOf(client, namespace), limit);
    const allowed = limiter.tryRemoveTokens(requests);
    const { tokenBucket, tokensThisInterval, curIntervalStart } = limiter;
    const left = Math.min(tokenBucket.content, limit.max - tokensThisInterval);
    const windowEnds = curIntervalStart + 1000 * limit.windowSeconds - performance.now();
    return {
      allowed,
      remaining: Math.max(0, Math.floor(left)),
      waitMilliseconds: allowed ? windowEnds : limiter.getWaitTime(requests),
    };
  }

  giveBack(client: string, namespace: string, requests: number): void {
    const limiter = this.#counts.get(nameOf(client, namespace))?.limiter;
    if (limiter === undefined) return;
    const { tokenBucket } = limiter;
    tokenBucket.content = Math.min(tokenBucket.bucketSize, tokenBucket.content + requests);
    limiter.tokensThisInterval = Math.max(0, limiter.tokensThisInterval - requests);
  }

  /** Another limit than before counts anew. */
  #countOf(name: string, limit: RateLimit): Count {
    const known = this.#counts.get(name);
    const isSame =
      known?.limit.max === limit.max && known.limit.windowSeconds === limit.windowSeconds;
    if (known !== undefined && isSame) return known;
    const interval = 1000 * limit.windowSeconds;
    const count = { limiter: new RateLimiter({ tokensPerInterval: limit.max, interval }), limit };
    this.#counts.set(name, count);
    return count;
  }
}

function nameOf(client: string, namespace: string): string {
  return `${namespace} ${client}`;
}

function clientOfAddress(address: string): string {
  if (isIP(address) === 0) return address;
  // A link-local one names the interface, with letters that the parser refuses.
  const parsed = ipaddr.process(address.replace(/%.*$/, ''));
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const prefix = [...parsed.toByteArray().slice(0, PREFIX_BYTES), ...new Array(8).fill(0)];
  return `${ipaddr.fromByteArray(prefix).toString()}/64`;
}
