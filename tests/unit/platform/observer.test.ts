/** Lines and metrics as an operator sees them. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { METRICS } from '../../../lib/environment/metrics.js';
import { LogAndMetrics } from '../../../lib/platform/observer.js';

function make(severity: 'debug' | 'info' | 'warn' | 'error' = 'info') {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  return { lines, observer: new LogAndMetrics({ nodeId: 'n1', severity, write }) };
}

t.test('lines are JSON with the node, the event and its fields', async (t) => {
  const { lines, observer } = make();
  observer.log('debug', 'not written');
  observer.log('info', 'started', { port: 1 });
  observer.log('error', 'failed', { reason: 'no\nspace' });
  observer.flush();
  t.match(lines, [
    { level: 'info', node: 'n1', event: 'started', port: 1, time: /^\d{4}-\d\d-\d\dT.*Z$/ },
    { level: 'error', node: 'n1', event: 'failed', reason: 'no\nspace' },
  ]);
  t.equal(lines.length, 2);
});

t.test('counts, sets and observes by labels', async (t) => {
  const { observer } = make();
  observer.count('quorate_hints_stored_total');
  observer.count('quorate_hints_stored_total', {}, 4);
  observer.count('quorate_read_repairs_total', { mode: 'await' });
  observer.count('quorate_read_repairs_total', { mode: 'async' }, 2);
  observer.count('quorate_read_repairs_total', { mode: 'await' });
  observer.measure('quorate_hints_held', 7, { target: 'n2' });
  observer.measure('quorate_hints_held', 3, { target: 'n2' });
  const operation = { operation: 'get', level: 'one' };
  observer.measure('quorate_request_duration_seconds', 0.003, operation);
  observer.measure('quorate_request_duration_seconds', 0.002, { ...operation, level: 'two' });
  observer.measure('quorate_request_duration_seconds', 0.002, operation);
  observer.measure('quorate_request_duration_seconds', 12, operation);
  const text = await observer.metricsText();
  t.match(observer.metricsContentType, 'text/plain');
  for (const line of [
    'quorate_hints_stored_total 5',
    'quorate_read_repairs_total{mode="await"} 2',
    'quorate_read_repairs_total{mode="async"} 2',
    'quorate_hints_held{target="n2"} 3',
    'quorate_request_duration_seconds_bucket{le="0.001",operation="get",level="one"} 0',
    'quorate_request_duration_seconds_bucket{le="0.0025",operation="get",level="one"} 1',
    'quorate_request_duration_seconds_bucket{le="0.005",operation="get",level="one"} 2',
    'quorate_request_duration_seconds_bucket{le="10",operation="get",level="one"} 2',
    'quorate_request_duration_seconds_bucket{le="+Inf",operation="get",level="one"} 3',
    'quorate_request_duration_seconds_sum{operation="get",level="one"} 12.005',
    'quorate_request_duration_seconds_count{operation="get",level="one"} 3',
    'quorate_request_duration_seconds_count{operation="get",level="two"} 1',
  ]) {
    t.ok(text.includes(`${line}\n`), line);
  }
  for (const [name, { help }] of Object.entries(METRICS)) {
    t.ok(text.includes(`# HELP ${name} ${help}\n`), name);
  }
  t.match(text, /^process_cpu_seconds_total /m);
});

t.test(
  'how late timers were, since the last look, and no timer that is due all the time',
  async (t) => {
    const { observer } = make();
    const lag = async (figure: string): Promise<number> => {
      const text = await observer.metricsText();
      const line = new RegExp(`^nodejs_eventloop_lag_${figure}_seconds (.*)$`, 'm').exec(text);
      return Number(line?.[1]);
    };
    t.equal(await lag('max'), 0, 'it was not due yet');
    await sleep(250);
    const until = performance.now() + 300;
    while (performance.now() < until);
    await sleep(1);
    t.ok((await lag('max')) > 0.15, 'the loop was busy for 300 ms');
    await sleep(350);
    t.ok((await lag('min')) < 0.1, 'less the time between two shots');
  },
);

t.test('two observers in one process do not meet', async (t) => {
  const [first, second] = [make().observer, make().observer];
  first.count('quorate_hints_stored_total', {}, 3);
  t.match(await second.metricsText(), /^quorate_hints_stored_total 0$/m);
});

t.test('label values are bounded', async (t) => {
  const { observer } = make();
  for (let n = 0; n < 1_500; n += 1) {
    observer.measure('quorate_hints_held', 1, { target: `n${String(n)}` });
  }
  const held = (await observer.metricsText()).match(/^quorate_hints_held\{/gm) ?? [];
  t.equal(held.length, 1_001);
});

t.test('wrong use is a programmer error', async (t) => {
  const { observer } = make();
  t.throws(() => {
    observer.count('quorate_hints_held', { target: 'n2' });
  }, /is a counter/);
  t.throws(() => {
    observer.measure('quorate_hints_stored_total', 1);
  }, /is a gauge or/);
  t.throws(() => {
    observer.count('quorate_read_repairs_total');
  }, /is counted by mode/);
});
