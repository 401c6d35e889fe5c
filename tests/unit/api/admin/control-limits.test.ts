/** Control requests are few at once, end in time, and never keep health from being answered. */
import t from 'tap';
import { serve } from '../served.js';
import { inTime, reached } from '../../in-time.js';

const JSON_HEADERS = { 'Content-Type': 'application/json' };
const EXCHANGE = '/api/v1/cluster/exchange';
const CONFIG = '/api/v1/config/consistency';

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

t.test('more of them are shed, until those under way have ended', async (t) => {
  const { node, send } = await serve(t, { controlInFlightMax: 3 });
  const { opened, open } = gate();
  let asked = 0;
  node.exchange.exchangeNow = async () => {
    asked += 1;
    await opened;
    return [];
  };
  const post = () => send('POST', EXCHANGE, { headers: JSON_HEADERS, body: '{}' });
  const held = [post(), post(), post()];
  await reached('three exchanges under way', () => asked >= 3);
  for (const [method, path, body] of [
    ['POST', EXCHANGE, '{}'],
    ['POST', CONFIG, '{"default_level":"one"}'],
    ['POST', `${CONFIG}/rollback`, '{"version":"v1"}'],
    ['GET', '/api/v1/conflicts', ''],
    ['GET', '/api/v1/cluster/status', ''],
    ['GET', '/api/v1/cluster/hints', ''],
    ['GET', '/api/v1/cluster/ring', ''],
  ] as const) {
    const sent = body === '' ? {} : { headers: JSON_HEADERS, body };
    const shed = await inTime(`${path} to be shed`, send(method, path, sent));
    t.match(shed.json, { status: 503, code: 'overloaded', outcome: 'none' }, path);
    t.equal(shed.headers['retry-after'], '1');
  }
  for (const path of ['/healthz', '/readyz', '/metrics', '/api/v1/kv/k?siblings=list']) {
    t.equal((await send('GET', path)).status, 200, path);
  }
  open();
  for (const { status } of await Promise.all(held)) t.equal(status, 200);
  t.equal((await post()).status, 200);
  t.same(node.changes, []);
});

t.test('metrics are made once for all who ask meanwhile', async (t) => {
  const { node, send } = await serve(t);
  const { opened, open } = gate();
  let made = 0;
  node.gauges.measure = async () => {
    made += 1;
    await opened;
  };
  const crowd = Array.from({ length: 40 }, () => send('GET', '/metrics'));
  await reached('the first of them', () => made > 0);
  t.equal((await inTime('health', send('GET', '/healthz'))).status, 200);
  open();
  for (const { status, text } of await Promise.all(crowd)) {
    t.strictSame([status, text], [200, '# HELP x y\nx 1\n']);
  }
  const before = made;
  t.ok(before < 4, `40 requests, made ${before} times`);
  await send('GET', '/metrics');
  t.equal(made, before + 1, 'whoever asks later has what is so then');
});

t.test('they have deadlines, and what outlasts them keeps its place', async (t) => {
  const { node, send } = await serve(t, { controlInFlightMax: 1 });
  const { opened, open } = gate();
  const timeouts: (number | undefined)[] = [];
  node.exchange.exchangeNow = async (_partition, _dryRun, timeout) => {
    timeouts.push(timeout);
    await opened;
    throw new Error('nobody hears this');
  };
  const post = (headers: Record<string, string>) =>
    send('POST', EXCHANGE, { headers: { ...JSON_HEADERS, ...headers }, body: '{}' });
  const late = await inTime('an answer at the deadline', post({ 'X-Timeout': '20ms' }));
  t.match(late.json, { status: 504, code: 'deadline_passed', outcome: 'unknown' });
  t.match((await send('GET', '/api/v1/cluster/ring')).json, { code: 'overloaded' });
  open();
  const isServed = async () => (await send('GET', '/api/v1/cluster/ring')).status === 200;
  await reached('its place to be free', isServed);
  for (const timeout of ['0', '61s', 'x']) {
    t.match((await post({ 'X-Timeout': timeout })).json, { status: 400, field: 'x-timeout' });
  }
  await post({});
  t.same(timeouts, [20, 60_000], 'an exchange may take as long as any request may');
  await send('GET', '/api/v1/conflicts', { headers: { 'X-Timeout': '70' } });
  await send('GET', '/api/v1/conflicts');
  t.same(
    node.lists.map(({ timeoutMilliseconds }) => timeoutMilliseconds),
    [70, 5000],
  );
});

t.test('each request has a line in the log, without what clients put into it', async (t) => {
  const { node, send, raw } = await serve(t);
  const secret = 'kEy-SeCrEt';
  const headers = { 'X-Request-Id': 'mine', 'X-Causal-Context': 'abc' };
  await send('PUT', `/api/v1/kv/${secret}`, { headers, body: secret });
  await send('GET', `/api/v1/kv?key=${secret}`);
  await send('GET', `/api/v1/kv/${secret}/conflicts`);
  await send('DELETE', `/api/v1/kv/${secret}/${secret}`);
  await send('GET', `/api/v1/cluster/locate/${secret}`);
  await send('GET', `/${secret}`);
  await raw(`GET /${secret} HTTP/1.1\r\nHost: ${secret}\r\n\r\n`);
  t.match(node.debugged, [
    {
      event: 'request',
      fields: {
        ...{ method: 'PUT', route: '/api/v1/kv/:key', status: 200, result: 'ok' },
        ...{ consistency: 'quorum', ms: Number, request_id: 'mine' },
      },
    },
    { fields: { method: 'GET', route: '/api/v1/kv/:key', status: 404, request_id: 'r1' } },
    { fields: { route: '/api/v1/kv/:key/conflicts', status: 404 } },
    { fields: { method: 'DELETE', route: '/api/v1/kv/:key', status: 404 } },
    { fields: { route: '/api/v1/cluster/locate/:key', status: 200, consistency: 'none' } },
    { fields: { route: '', status: 404 } },
    { event: 'request refused', fields: { method: 'GET', status: 421 } },
  ]);
  t.equal(node.debugged.length, 7);
  // These are of every line.
  t.notMatch(JSON.stringify(node.debugged), /"(?:level|time|node)"/);
  t.notMatch(JSON.stringify(node.debugged), secret);
});
