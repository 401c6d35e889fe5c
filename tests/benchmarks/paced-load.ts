/** Load at a given rate, open-loop, of the same requests as those of wrk. */
import { LatencyHistogram } from '../../bin/stress/latency-histogram.js';
import type { LoadOptions } from './load.js';
import { keysOf } from './load.js';
import { GENERATORS, valueFor } from './keys.js';
import { OpenLoad } from './open-load.js';
import type { Generated } from './system.js';

const PATIENCE_MILLISECONDS = 10_000;

/** Generators take turns; one result each, with the latencies of all. */
export async function generatePaced(options: LoadOptions, perSecond: number): Promise<Generated[]> {
  const { system, work, stamp, connections, seconds } = options;
  const keys = Array.from({ length: GENERATORS }, (_, generator) => keysOf(options, generator));
  const latencies = new LatencyHistogram();
  let failures = 0;
  const load = new OpenLoad({
    ...{ endpoints: system.endpoints, perSecond, connections },
    patienceMilliseconds: PATIENCE_MILLISECONDS,
    request: (n) => {
      const own = keys[n % GENERATORS] ?? [];
      const key = own[Math.floor(n / GENERATORS) % own.length] ?? '';
      const { method, path, body } = work.request(key, valueFor(key, stamp));
      return { method, path, headers: work.headers, ...(body === undefined ? {} : { body }) };
    },
    onAnswer: ({ status, milliseconds }) => {
      latencies.record(milliseconds);
      if (status < 200 || status >= 300) failures += 1;
    },
  });
  const began = performance.now();
  await load.run(seconds);
  const took = (performance.now() - began) / 1000;
  return keys.map((_, generator) => ({
    requests: Math.floor((load.sent + GENERATORS - 1 - generator) / GENERATORS),
    seconds: took,
    p50Milliseconds: latencies.quantile(0.5),
    p99Milliseconds: latencies.quantile(0.99),
    failures: generator === 0 ? failures : 0,
  }));
}
