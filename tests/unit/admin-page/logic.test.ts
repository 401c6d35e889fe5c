/** What the admin page makes of answers: verdicts, losses, metrics, diffs, lines to copy. */
import { LEVEL_NAMES } from '../../../lib/coordination/request/level.js';
import { defaultChoices } from '../../../lib/admin-page/logic/default-choices.js';
import { LEVEL_PROMISES } from '../../../lib/admin-page/logic/level-promises.js';
import t from 'tap';
import { copiesPath, keyPath } from '../../../lib/admin-page/api.js';
import { rulesFrom, rulesText } from '../../../lib/admin-page/logic/namespace-rules.js';
import { consistencyGroup } from '../../../config/groups/consistency.js';
import type { NodeRow, Status } from '../../../lib/admin-page/api-types.js';
import { diffLines } from '../../../lib/admin-page/logic/diff.js';
import {
  ago,
  bytesText,
  count,
  many,
  milliseconds,
  span,
} from '../../../lib/admin-page/logic/format.js';
import { keyHash, keyInHash } from '../../../lib/admin-page/logic/key-hash.js';
import { lossOf, lossText } from '../../../lib/admin-page/logic/loss.js';
import { parseMetrics, quantile, sumBy, totalOf } from '../../../lib/admin-page/logic/metrics.js';
import { raceOf } from '../../../lib/admin-page/logic/races.js';
import {
  changesOf,
  SETTING_CONTROLS,
  typedValue,
} from '../../../lib/admin-page/logic/setting-rows.js';
import { curlLine, keyLine, quoted } from '../../../lib/admin-page/logic/shell.js';
import { timeLine } from '../../../lib/admin-page/logic/time-line.js';
import { valueToText } from '../../../lib/admin-page/logic/values.js';
import { silenceOf, verdictOf } from '../../../lib/admin-page/logic/verdict.js';

const node = (
  id: string,
  state: NodeRow['state'],
  storage: 'ok' | 'read_only' | 'stalled' = 'ok',
): NodeRow => ({
  ...{ id, address: `${id}:1`, zone: 'z', state },
  report: {
    ...{
      version: '1',
      start: 1,
      uptime_s: 1,
      settings_version: 'v',
      partitions_owned: 1,
      hints: {},
    },
    ...{ storage, clock: { sane: true }, sees: {} },
  },
});
const status = (nodes: readonly NodeRow[], lost = 0, alerts: readonly string[] = []): Status => ({
  ...{ cluster: 'c', node: 'n1', epoch: 1, partitions: 8, replicas_effective: 3, nodes, alerts },
  ...{ partitions_under_replicated: lost, partitions_without_quorum: lost },
  clients: { rate_limit: { max: 0, window_s: 0, refused: 0 } },
  verdict: lost > 0 ? 'failing' : alerts.length > 0 ? 'degraded' : 'ok',
});

t.test('a verdict has a cause, and the command that mends it', async (t) => {
  t.match(verdictOf(status([node('n1', 'up')])), { tone: 'good', command: undefined });
  const one = verdictOf(status([node('n1', 'up'), node('n3', 'down')], 0, ['n3 is down']));
  t.match(one, { tone: 'warn', cause: /^n3 is down/, command: 'quorate cluster start-node n3' });
  const two = verdictOf(status([node('n2', 'down'), node('n3', 'down')], 8, ['n2 is down']));
  t.match(two, {
    tone: 'bad',
    headline: /^8 partitions of 8 cannot/,
    cause: /^n2 and n3 are down/,
  });
  t.equal(two.command, 'quorate cluster start-node n2 && quorate cluster start-node n3');
  const full = verdictOf(
    status([node('n1', 'up', 'read_only')], 0, ['the disk of n1 is nearly full']),
  );
  t.match(full, { tone: 'warn', cause: /disk of n1 is nearly full/, command: 'df -h' });
  const stalled = status([node('n1', 'up', 'stalled')], 0, ['the disk of n1 does not answer']);
  t.match(verdictOf(stalled), { cause: /disk of n1 does not answer/, command: 'dmesg -T' });
  t.match(verdictOf(status([node('n1', 'suspect')], 0, ['n1 is suspect'])), {
    cause: /heartbeats/,
  });
  t.match(verdictOf(status([node('n1', 'up')], 0, ['strange'])), {
    tone: 'warn',
    cause: 'strange.',
  });
});

t.test('where nobody answers, what is dead is started, not what runs already', async (t) => {
  const ids = ['n1', 'n2'];
  t.match(silenceOf({ isPageGone: false, view: '', ids }), {
    ...{ tone: 'bad', headline: 'No node answers' },
    command: 'quorate cluster start-node n1 && quorate cluster start-node n2',
  });
  t.match(silenceOf({ isPageGone: false, view: 'n2', ids }), {
    headline: 'n2 does not answer',
    command: 'quorate cluster start-node n2',
  });
  t.equal(silenceOf({ isPageGone: true, view: 'n2', ids }).command, 'quorate cluster');
  t.equal(silenceOf({ isPageGone: false, view: '', ids: [] }).command, 'quorate cluster');
});

t.test('losses: copies that would be left', async (t) => {
  const owners = [
    ['n1', 'n2', 'n3'],
    ['n2', 'n3', 'n4'],
  ];
  t.match(lossOf(owners, new Set()), { live: [3, 3], gone: 0, withoutQuorum: 0, short: 0 });
  t.match(lossOf(owners, new Set(['n1', 'n2'])), { live: [1, 2], withoutQuorum: 1, short: 2 });
  t.match(lossOf(owners, new Set(['n2', 'n3', 'n4'])), { live: [1, 0], gone: 1, withoutQuorum: 2 });
});

t.test('losses are told as they are, and as they would be', async (t) => {
  const owners = [
    ['n1', 'n2', 'n3'],
    ['n2', 'n3', 'n4'],
  ];
  const text = (down: readonly string[], imagined: readonly string[]): string =>
    lossText(lossOf(owners, new Set([...down, ...imagined])), imagined);
  t.equal(text([], []), 'As it is now: every partition has all its copies.');
  t.match(text(['n1', 'n2'], []), 'As it is now: 1 partition lacks a quorum:');
  t.match(text(['n2', 'n3'], []), 'As it is now: 2 partitions lack a quorum:');
  t.match(text([], ['n3', 'n2']), 'Without n2 and n3: 2 partitions would lack a quorum:');
  t.match(text(['n2', 'n3', 'n4'], []), '1 partition has no copy at all: its keys cannot be read');
  t.match(text(['n2', 'n3'], ['n4']), 'Without n4: 1 partition would have no copy at all');
});

t.test('metrics: rates and quantiles of two readings', async (t) => {
  const text = [
    '# HELP x y',
    'x_total{op="get",name="a \\"b\\"\\n"} 3',
    'x_total{op="put",name="c"} 4',
    'd_bucket{le="0.1"} 5',
    'd_bucket{le="+Inf"} 10',
    'up 1',
  ].join('\n');
  const samples = parseMetrics(text);
  t.same(samples[0], { name: 'x_total', labels: { op: 'get', name: 'a "b"\n' }, value: 3 });
  t.same(
    sumBy(samples, 'x_total', ({ op }) => op),
    new Map([
      ['get', 3],
      ['put', 4],
    ]),
  );
  t.equal(totalOf(samples, 'x_total'), 7);
  t.equal(totalOf(samples, 'none'), undefined);
  const buckets = new Map([
    ['0.1', 50],
    ['0.2', 90],
    ['+Inf', 100],
  ]);
  t.equal(quantile(0.5, buckets), 0.1);
  t.equal(quantile(0.7, buckets)?.toFixed(3), '0.150');
  t.equal(quantile(0.99, buckets), 0.2, 'beyond the last bound nothing is known');
  t.equal(
    quantile(
      0.5,
      new Map([
        ['0.1', 0],
        ['+Inf', 0],
      ]),
    ),
    undefined,
  );
});

t.test('diffs keep what is common, in order', async (t) => {
  const lines = diffLines('a\nb\nc', 'a\nx\nc\nd');
  t.same(
    lines.map(({ kind, text }) => `${kind} ${text}`),
    ['same a', 'left b', 'right x', 'same c', 'right d'],
  );
  const long = Array.from({ length: 500 }, (_, i) => `${i}`).join('\n');
  t.equal(diffLines(long, long).length, 1000, 'long texts are shown whole');
});

t.test('lines to copy survive a shell', async (t) => {
  t.equal(quoted("it's"), "'it'\\''s'");
  t.equal(quoted('a/b:1'), 'a/b:1');
  const line = curlLine({
    method: 'PUT',
    url: 'http://h/k',
    headers: { A: 'b c' },
    body: '{"v":1}',
  });
  t.equal(line, `curl -X PUT -H 'A: b c' -d '{"v":1}' http://h/k`);
});

t.test('numbers and times as people read them', async (t) => {
  t.same([bytesText(0), bytesText(1536), bytesText(3e9)], ['0 B', '1.5 KiB', '2.8 GiB']);
  t.equal(span(0), '0 s');
  const spans = [0.02, 90, 600, 3599, 3720, 9000, 172_740, 262_800, 345_600].map(span);
  t.same(spans.slice(0, 4), ['20 ms', '90 s', '10 min', '1 h']);
  t.same(spans.slice(4), ['1 h 2 min', '2 h 30 min', '47 h 59 min', '3 d 1 h', '4 d']);
  t.equal(ago('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:01:30Z')), '90 s ago');
  t.equal(ago('2026-01-01T00:00:05Z', Date.parse('2026-01-01T00:00:00Z')), 'just now');
  t.same(
    [milliseconds(0.5), milliseconds(44.4), milliseconds(2500)],
    ['0.50 ms', '44 ms', '2.5 s'],
  );
  t.same(
    [count(1234), count(0.25), many(1, 'key'), many(2, 'key')],
    ['1,234', '0.3', '1 key', '2 keys'],
  );
});

t.test('how siblings came to be', async (t) => {
  const at = (second: number, by: string) => ({
    written_at: new Date(1000 * second).toISOString(),
    written_by: by,
  });
  t.equal(raceOf([at(1, 'n1'), at(1.5, 'n2')]).pattern, 'race');
  t.equal(raceOf([at(1, 'n1'), at(60, 'n1')]).pattern, 'stale context');
  t.equal(raceOf([at(1, 'n1'), at(60, 'n2')]).pattern, 'cut');
});

t.test('settings: what a dry run would change', async (t) => {
  t.same(changesOf({ a: 1, b: 'x' }, { a: 2, b: 'x' }), [{ name: 'a', from: 1, to: 2 }]);
  t.same([typedValue('7', 1), typedValue('x', 1), typedValue('7', 'one')], [7, 'x', '7']);
});

t.test('one time line, the latest first, each row of a kind', async (t) => {
  const event = (event: string, at: string) => ({
    ...{
      node: 'n1',
      number: 1,
      at,
      severity: 'warn' as const,
      event,
      fields: { peer: 'n2' },
      times: 1,
    },
  });
  const rows = timeLine(
    [
      event('peer is down', '2026-01-01T00:00:01Z'),
      event('settings change', '2026-01-01T00:00:02Z'),
    ],
    [
      {
        ...{ version: 'v', at: '2026-01-01T00:00:03Z', node: 'n1', by: 'ana', settings: {} },
        changed: { a: { from: 1, to: 2 } },
      },
    ],
    [{ namespace: 'default', key: 'k', since: '2026-01-01T00:00:02Z' }],
  );
  t.same(
    rows.map(({ kind, tone }) => `${kind} ${tone}`),
    ['settings plain', 'conflicts warn', 'links warn'],
  );
  t.match(rows[0], { what: 'settings changed by ana', detail: 'a: 1 → 2' });
});

t.test('a conflict is on the time line once, when it began and when it ended', async (t) => {
  const since = '2026-01-01T00:00:02.000Z';
  const turn = (event: string, at: string, more: Record<string, string>) => ({
    ...{ node: 'n1', number: Date.parse(at), at, severity: 'info' as const, event, times: 1 },
    fields: { namespace: 'default', key: 'k', values: '2', since, ...more },
  });
  const began = turn('conflict began', '2026-01-01T00:00:03Z', {});
  const ended = turn('conflict ended', '2026-01-01T00:00:09Z', { by: 'max', version: 'v' });
  const conflicts = [
    { namespace: 'default', key: 'k', since },
    { namespace: 'default', key: 'of another life', since },
  ];
  t.same(
    timeLine([began, ended], [], conflicts).map(({ kind, what }) => `${kind}: ${what}`),
    [
      'conflicts: key "k" is in conflict no more: resolved by max',
      'conflicts: key "k" has 2 siblings',
      'conflicts: key "of another life" is in conflict since then',
    ],
  );
  const written = turn('conflict ended', since, { by: 'write', namespace: 'a' });
  t.match(timeLine([written], [], [])[0], { what: /"a\/k" .*: a write replaced its values/ });
});

t.test('stored values as texts', async (t) => {
  t.equal(valueToText({ value: { a: 1 } }), '{\n  "a": 1\n}');
  const value_base64 = Buffer.from('clé').toString('base64');
  t.equal(valueToText({ value_base64, content_type: 'text/plain' }), 'clé');
  t.equal(valueToText({ value_base64, content_type: 'image/png' }), value_base64);
});

t.test('settings are offered with the choices that the configuration has', async (t) => {
  const values = (row: object): unknown => ('values' in row ? row.values : undefined);
  const snake = (name: string): string =>
    name.replace(/Seconds$/, 'S').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const configured = [
    ...Object.entries(consistencyGroup).map(([name, row]) => [snake(name), values(row)]),
    ...['rate_limit_max', 'rate_limit_window'].map((name) => [name, undefined]),
  ];
  const offered = SETTING_CONTROLS.map(({ name, choices }) => [name, choices]);
  t.same(new Map(offered as [string, unknown][]), new Map(configured as [string, unknown][]));
});

t.test('every level is said in a line, and offered as a default, parameters and all', async (t) => {
  t.strictSame(Object.keys(LEVEL_PROMISES).sort(), [...LEVEL_NAMES].sort());
  const levels = {
    partitions: 8,
    levels: [
      { level: 'any', writes: 8 },
      { level: 'quorum', reads: 8, writes: 8 },
    ],
  };
  const bounded = 'bounded-staleness;max=5s';
  t.strictSame(defaultChoices(levels, 'reads', 'quorum'), ['quorum']);
  t.strictSame(defaultChoices(levels, 'writes', 'any'), ['any', 'quorum']);
  t.strictSame(defaultChoices(levels, 'reads', bounded), [bounded, 'quorum']);
  t.strictSame(defaultChoices(undefined, 'reads', ''), []);
});

t.test('rules of a namespace as a line', async (t) => {
  const rules = { default_level: '2', default_ttl_s: 60, allowed_levels: ['2', 'one'] };
  const text = 'default_level=2 default_ttl_s=60 allowed_levels=2,one';
  t.equal(rulesText(rules), text);
  t.strictSame(rulesFrom(`  ${text} `), rules);
  t.strictSame(rulesFrom(''), {});
  t.strictSame(rulesFrom('what'), { what: '' }, 'the node says what is wrong with it');
});

t.test('paths of keys, in a namespace', async (t) => {
  const of = (key: string, namespace = 'default') => ({ namespace, key });
  t.equal(keyPath(of('a/b'), '/conflicts'), '/api/v1/kv/a%2Fb/conflicts');
  t.equal(keyPath(of('k', 'shop')), '/api/v1/namespaces/shop/kv/k');
  t.equal(
    keyPath(of('..', 'shop'), '', 'siblings=list'),
    '/api/v1/namespaces/shop/kv?key=..&siblings=list',
  );
  t.equal(copiesPath(of('k', 'shop')), '/api/v1/cluster/copies?key=k&namespace=shop');
  t.equal(copiesPath(of('k')), '/api/v1/cluster/copies?key=k');
  for (const name of [of('a/b?c#d'), of('%', 'shop'), of('')]) {
    t.strictSame(keyInHash(keyHash(name).slice('#/key/'.length)), name);
  }
  t.equal(keyInHash('%E0%').key, '', 'what cannot be decoded is no key');
  t.equal(keyLine('get', of("it's", 'shop')), "quorate get 'it'\\''s' --namespace shop");
  t.equal(keyLine('get', of('-v'), ['--level', 'one']), 'quorate get --level one -- -v');
});
