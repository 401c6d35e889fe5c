/** What promtool says of metrics, rules and configuration; and that nothing lacks its text. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { type MetricName, METRICS } from '../../lib/environment/metrics.js';
import { LogAndMetrics } from '../../lib/platform/observer.js';
import { alertNames, promtool } from './prometheus.js';

const RUNBOOKS = fileURLToPath(new URL('../../../docs/runbooks.md', import.meta.url));

/** A series of each metric: of those that a node has not counted yet, nothing would be checked. */
async function allMetrics(): Promise<string> {
  const observer = new LogAndMetrics({ nodeId: 'n1', severity: 'error', write: () => undefined });
  for (const name of Object.keys(METRICS) as MetricName[]) {
    const { kind, labels } = METRICS[name];
    const values = Object.fromEntries(labels.map((label) => [label, 'x']));
    if (kind === 'counter') observer.count(name, values);
    else observer.measure(name, 1, values);
  }
  return observer.metricsText();
}

t.test('names, units and help texts are as Prometheus wants them', async (t) => {
  const text = await allMetrics();
  for (const name of Object.keys(METRICS)) t.match(text, `\n${name}`, name);
  t.strictSame(promtool(['check', 'metrics'], text), { status: 0, said: '' });
  const misnamed = text.replaceAll('quorate_keys', 'quorate_keys_total');
  t.match(promtool(['check', 'metrics'], misnamed), { status: 3, said: /_total/ }, 'it looks');
});

t.test('the configuration and the rules are understood', async (t) => {
  t.match(promtool(['check', 'config', 'prometheus.yml']), { status: 0 });
  t.match(promtool(['check', 'rules', 'alerts.yml']), { status: 0 });
});

t.test('rules fire when they should, and not before', async (t) => {
  t.match(promtool(['test', 'rules', 'alerts-checks.yml']), { status: 0, said: /SUCCESS/ });
});

t.test('each alert has its tests and its runbook, and no runbook is of none', async (t) => {
  const names = alertNames();
  t.ok(names.length >= 10, `${names.length} alerts`);
  const tests = readFileSync(
    new URL('../../../config/monitoring/alerts-checks.yml', import.meta.url),
  );
  const runbooks = readFileSync(RUNBOOKS, 'utf8').split(/^## /m).slice(1);
  const written = new Map(runbooks.map((text) => [text.slice(0, text.indexOf('\n')), text]));
  t.same([...written.keys()], names, 'in the same order');
  for (const name of names) {
    const fires = new RegExp(`alertname: ${name}\n +exp_alerts:`);
    t.match(tests.toString(), fires, `a test in which ${name} fires`);
    t.match(tests.toString(), new RegExp(`alertname: ${name} }`), `one in which it does not`);
    const text = written.get(name) ?? '';
    for (const part of ['**It means:**', '**Look at:**', '```sh\n', '**Do:**']) {
      t.ok(text.includes(part), `${name}: ${part}`);
    }
  }
});
