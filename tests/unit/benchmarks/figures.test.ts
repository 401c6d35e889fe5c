/** What benchmarks make of what they measured: medians, ratios, growth, scales. */
import fc from 'fast-check';
import t from 'tap';
import { decadeBelow, extentOf } from '../../benchmarks/cost-chart.js';
import { parseCheckPerf } from '../../benchmarks/facts.js';
import type { Measured } from '../../benchmarks/measure.js';
import { growthOf } from '../../benchmarks/measure-memory.js';
import { eventLoopDelayIn, parseMetrics } from '../../benchmarks/node-metrics.js';
import type { RowResult } from '../../benchmarks/report.js';
import { median, ratioOf } from '../../benchmarks/report.js';
import { parseRedisBenchmark } from '../../benchmarks/systems/redis.js';

const NOTHING: Measured = {
  ...{ operationsPerSecond: 0, cpuMicroseconds: 0, p50Milliseconds: 0, p99Milliseconds: 0 },
  ...{ eventLoopMilliseconds: undefined, operations: 0, checked: 0 },
};

function rowOf(id: string, rounds: readonly Partial<Measured>[]): RowResult {
  const row = { system: 'cluster', work: 'get one', connections: 1, generators: 1 } as const;
  return {
    row: { id, ...row, usedBy: [] },
    ...{ systemName: id, notRun: undefined },
    rounds: rounds.map((round) => ({ ...NOTHING, ...round })),
  };
}

t.test('the median lies in the middle', (t) => {
  t.equal(median([3, 1, 2]), 2);
  t.equal(median([4, 1, 2, 3]), 2.5);
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
      const middle = median(values);
      const below = values.filter((value) => value < middle).length;
      const above = values.filter((value) => value > middle).length;
      return below <= values.length / 2 && above <= values.length / 2;
    }),
  );
  t.end();
});

t.test('ratios are taken within a round', (t) => {
  const comparison = { experiment: 'P7', text: '', of: 'a', target: 1 } as const;
  const rows = [
    rowOf(
      'a',
      [10, 40, 90].map((cpuMicroseconds) => ({ cpuMicroseconds, p99Milliseconds: 7 })),
    ),
    rowOf(
      'b',
      [10, 20, 30].map((cpuMicroseconds) => ({ cpuMicroseconds })),
    ),
    rowOf(
      'c',
      [5, 10, 15].map((cpuMicroseconds) => ({ cpuMicroseconds })),
    ),
    rowOf('absent', []),
  ];
  t.equal(ratioOf(rows, { ...comparison, figure: 'cpu', against: 'b' }), 2);
  const sum = [
    { id: 'b', times: 1 },
    { id: 'c', times: 2 },
  ];
  t.equal(ratioOf(rows, { ...comparison, figure: 'cpu', against: sum }), 1);
  t.equal(ratioOf(rows, { ...comparison, figure: 'p99' }), 7, 'a figure that stands for itself');
  t.equal(ratioOf(rows, { ...comparison, figure: 'cpu', against: 'absent' }), undefined);
  t.equal(ratioOf(rows, { ...comparison, of: 'absent', figure: 'p99' }), undefined);
  t.equal(ratioOf(rows, { ...comparison, figure: 'eventLoop' }), undefined, 'nobody said');
  t.end();
});

t.test('growth is of the last fifth over the second', (t) => {
  t.equal(growthOf([90, 95, 100, 100, 100, 100, 100, 100, 100, 100]), 1);
  t.equal(growthOf([1, 1, 100, 100, 120, 140, 160, 180, 200, 200]), 2);
  t.end();
});

t.test('metrics are read with their labels', (t) => {
  const metrics = parseMetrics('# HELP a b\na 1\nb{x="y z"} 2.5\n\n');
  t.strictSame(
    [...metrics],
    [
      ['a', 1],
      ['b{x="y z"}', 2.5],
    ],
  );
  t.equal(eventLoopDelayIn(parseMetrics('nodejs_eventloop_lag_p99_seconds 0.0025\n')), 2.5);
  t.equal(eventLoopDelayIn(metrics), undefined);
  t.end();
});

t.test('reports of tools are read, or refused', (t) => {
  const head = '"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms",';
  const row = '"SET","5000.00","1","0.5","2","3","4","9"';
  const csv = `${head}"p99_latency_ms","max_latency_ms"\n${row}\n`;
  t.match(parseRedisBenchmark(csv, 10_000), {
    ...{ requests: 10_000, seconds: 2, p50Milliseconds: 2, p99Milliseconds: 4, failures: 0 },
  });
  t.throws(() => parseRedisBenchmark('Could not connect', 1), /redis-benchmark failed/);
  t.equal(parseCheckPerf('PASS: Throughput is 14990 writes/s\nPASS: Slowest'), 14_990);
  t.equal(parseCheckPerf('FAIL: Throughput too low: 4711 writes/s'), 4711);
  t.throws(() => parseCheckPerf('Error: context deadline exceeded'), /etcdctl failed/);
  t.end();
});

t.test('axes go in powers of ten where they must', (t) => {
  t.strictSame(extentOf([3, 1, 7]), { type: 'value', min: 1, max: 7 });
  t.strictSame(extentOf([1, 4096]), { type: 'log', min: 1, max: 4096 });
  t.strictSame([0, 0.5, 1, 99, 100].map(decadeBelow), [1, 0.1, 1, 10, 100]);
  t.end();
});
