/** Lines and metrics as an operator sees them. */
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
  const text = await observer.metricsText();
  t.match(observer.metricsContentType, 'text/plain');
  for (const line of [
    'quorate_hints_stored_total 5',
    'quorate_read_repairs_total{mode="await"} 2',
    'quorate_read_repairs_total{mode="async"} 2',
    'quorate_hints_held{target="n2"} 3',
    'quorate_request_duration_seconds_bucket{le="0.0025",operation="get",level="one"} 0',
    'quorate_request_duration_seconds_bucket{le="0.005",operation="get",level="one"} 1',
    'quorate_request_duration_seconds_count{operation="get",level="one"} 1',
  ]) {
    t.ok(text.includes(`${line}\n`), line);
  }
  for (const [name, { help }] of Object.entries(METRICS)) {
    t.ok(text.includes(`# HELP ${name} ${help}\n`), name);
  }
  t.match(text, /^process_cpu_seconds_total /m);
});

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
