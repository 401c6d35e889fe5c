/** Control routes: settings, cluster, health, and what their bodies may be. */
import t from 'tap';
import { serve } from '../served.js';

const CONFIG = '/api/v1/config/consistency';
const JSON_HEADERS = { 'Content-Type': 'application/json' };

t.test('settings are read and changed by field', async (t) => {
  const { node, send } = await serve(t);
  const before = await send('GET', CONFIG);
  t.match(before.json, {
    version: 'v1',
    settings: { default_level: 'quorum' },
    nodes: ['n1', 'n2'],
  });
  t.equal(before.headers.etag, '"v1"');
  const body = '{"default_level":"one"}';
  const dry = await send('POST', `${CONFIG}?dry_run=1`, { headers: JSON_HEADERS, body });
  t.match(dry.json, { dry_run: true, settings: { default_level: 'one' } });
  t.match((await send('GET', CONFIG)).json, { version: 'v1' });
  const headers = { ...JSON_HEADERS, 'If-Match': '"v1"' };
  const after = await send('POST', CONFIG, { headers, body });
  t.match(after.json, {
    version: 'v2',
    settings: { default_level: 'one', blind_writes: 'overwrite' },
  });
  t.notOk('dry_run' in (after.json ?? {}));
  t.same(node.changes.at(-1), {
    fields: { default_level: 'one' },
    options: { ifMatch: 'v1', dryRun: false, by: '127.0.0.1', timeoutMilliseconds: 5000 },
  });
  const late = await send('POST', CONFIG, { headers, body });
  t.match(late.json, { status: 412, code: 'precondition_failed', version: 'v2' });
  const history = await send('GET', `${CONFIG}/history`);
  t.match(history.json, {
    history: [{ version: 'v1', at: '2026-01-02T03:04:05.678Z', by: '127.0.0.1' }],
  });
  const back = await send('POST', `${CONFIG}/rollback`, {
    headers: JSON_HEADERS,
    body: '{"version":"v1"}',
  });
  t.match(back.json, { settings: { default_level: 'quorum' } });
  const nowhere = await send('POST', `${CONFIG}/rollback`, {
    headers: JSON_HEADERS,
    body: '{"version":"v9"}',
  });
  t.match(nowhere.json, { status: 404, code: 'not_found' });
});

t.test('what is invalid names the field, and changes nothing', async (t) => {
  const { node, send } = await serve(t);
  const rows: readonly (readonly [body: string, field: string])[] = [
    ['{"default_level":"most"}', 'default_level'],
    ['{"default_level":"any"}', 'default_level'],
    ['{"default_level":"bounded-staleness;max=2h"}', 'default_level'],
    ['{"default_write_level":7}', 'default_write_level'],
    ['{"read_repair_probability":1.1}', 'read_repair_probability'],
    ['{"read_repair_probability":"0.1"}', 'read_repair_probability'],
    ['{"blind_writes":"never"}', 'blind_writes'],
    ['{"default_level":"one","surprise":1}', 'surprise'],
    ['{"__proto__":{"default_level":"one"}}', '__proto__'],
    ['{"default_level":"one","default_level":"two"}', 'default_level'],
    ['{}', 'body'],
    ['[]', 'body'],
    ['', 'body'],
    ['{"default_level"', 'body'],
  ];
  for (const [body, field] of rows) {
    const answer = await send('POST', CONFIG, { headers: JSON_HEADERS, body });
    t.match(answer.json, { status: 400, code: 'invalid_request', field }, body);
  }
  const hidden = { headers: JSON_HEADERS, body: '{"__proto__":{"default_level":"one"}}' };
  const made = await send('PUT', '/api/v1/namespaces/shop', hidden);
  t.match(made.json, { status: 400, field: '__proto__' }, 'also where any member is taken');
  const body = '{"default_level":"one"}';
  const others: readonly (readonly [
    path: string,
    headers: Record<string, string>,
    status: number,
  ])[] = [
    [CONFIG, {}, 415],
    [CONFIG, { 'Content-Type': 'text/plain' }, 415],
    [CONFIG, { 'Content-Type': 'application/x-www-form-urlencoded' }, 415],
    [CONFIG, { ...JSON_HEADERS, 'Content-Encoding': 'gzip' }, 415],
    [CONFIG, { ...JSON_HEADERS, 'If-Match': 'v1' }, 400],
    [`${CONFIG}?dry_run=yes`, JSON_HEADERS, 400],
    [`${CONFIG}?dryrun=1`, JSON_HEADERS, 400],
    [`${CONFIG}/`, JSON_HEADERS, 404],
  ];
  for (const [path, headers, status] of others) {
    const answer = await send('POST', path, { headers, body });
    t.equal(answer.status, status, `${path} ${JSON.stringify(headers)}`);
  }
  const large = await send('POST', CONFIG, { headers: JSON_HEADERS, body: ' '.repeat(65_537) });
  t.match(large.json, { status: 413, required: 65_536 });
  t.same(node.changes, []);
});

t.test('the cluster, and where a key lies', async (t) => {
  const { send } = await serve(t);
  t.match((await send('GET', '/api/v1/cluster/status')).json, { verdict: 'ok', node: 'n1' });
  t.match((await send('GET', '/api/v1/cluster/ring')).json, { owners: [['n1'], ['n1']] });
  for (const [path, key] of [
    ['/api/v1/cluster/locate/a%2Fb', 'a/b'],
    ['/api/v1/cluster/locate/%25ff', '%ff'],
    ['/api/v1/cluster/locate/a+b', 'a+b'],
    ['/api/v1/cluster/locate?key=..', '..'],
  ] as const) {
    t.match((await send('GET', path)).json, { key, partition: 3 }, path);
  }
  for (const path of [
    '/api/v1/cluster/locate/%ff',
    '/api/v1/cluster/locate/..',
    '/api/v1/cluster/locate',
    '/api/v1/cluster/locate?key=',
    `/api/v1/cluster/locate/${'k'.repeat(1025)}`,
  ]) {
    t.equal((await send('GET', path)).status, 400, path.slice(0, 40));
  }
  t.match((await send('GET', '/api/v1/cluster/ring?x=1')).json, { status: 400, field: 'x' });
});

t.test('health and metrics', async (t) => {
  const { send } = await serve(t);
  t.same((await send('GET', '/healthz')).json, { status: 'ok' });
  t.same((await send('GET', '/readyz')).json, { ready: true });
  t.equal((await send('GET', '/readyz?level=quorum')).status, 200);
  const not = await send('GET', '/readyz?level=all');
  t.match(not.json, { status: 503, code: 'not_ready', detail: 'n2 is down' });
  const metrics = await send('GET', '/metrics');
  t.equal(metrics.text, '# HELP x y\nx 1\n');
  t.match(metrics.headers['content-type'], /^text\/plain; version=0.0.4/);
  const head = await send('HEAD', '/healthz');
  t.equal(head.status, 200);
  t.equal(head.bytes.length, 0);
});
