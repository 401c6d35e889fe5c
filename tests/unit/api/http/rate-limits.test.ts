/** Rate limits: who is counted, what is refused, what is reported, and what is never refused. */
import t from 'tap';
import { TokenBucketRates } from '../../../../lib/platform/client-rates.js';
import { serve, type Served } from '../served.js';

const JSON_HEADERS = { 'Content-Type': 'application/json' };
const FROM_PROXY = '127.0.0.9';

function limit({ node }: Served, rate_limit_max: number, rate_limit_window = '1h'): void {
  node.settings.values = { ...node.settings.values, rate_limit_max, rate_limit_window };
}

const put = ({ send }: Served, headers = {}) =>
  send('PUT', '/api/v1/kv/k', { headers: { ...JSON_HEADERS, ...headers }, body: '{"value":1}' });

t.test('so many pass, the next is told when to come back, and nothing has happened', async (t) => {
  const served = await serve(t);
  limit(served, 3);
  for (const left of [2, 1, 0]) {
    const { status, headers } = await put(served);
    t.equal(status, 200);
    t.equal(headers['ratelimit-policy'], '"client";q=3;w=3600');
    t.match(headers['ratelimit'], new RegExp(`^"client";r=${left};t=3600$`));
  }
  const { status, headers, json } = await put(served);
  t.equal(status, 429);
  t.equal(served.node.puts.length, 3);
  const { retry_after_s: seconds, ...problem } = json ?? {};
  t.match(problem, { code: 'too_many_requests', retryable: true, outcome: 'none', limit: 3 });
  t.match(problem['detail'], /^at most 3 requests in 3600 s .* raise rate_limit_max$/);
  t.equal(headers['retry-after'], String(seconds));
  t.ok(Number(seconds) > 1000 && Number(seconds) <= 3600, `${String(seconds)} s`);
  t.match(headers['ratelimit'], /^"client";r=0;t=\d+$/);
  t.ok(served.node.counted.includes('quorate_rate_limited_total default'));
  t.equal(served.node.logged.filter(({ event }) => /rate limit/.test(event)).length, 1);
  await put(served);
  t.equal(served.node.logged.length, 1, 'a flood is logged once');
});

t.test('reads, lists and deletes count; control, health and metrics never do', async (t) => {
  const served = await serve(t);
  limit(served, 3);
  t.equal((await served.send('GET', '/api/v1/kv/k')).status, 404);
  t.equal((await served.send('GET', '/api/v1/kv')).status, 200);
  t.equal((await served.send('DELETE', '/api/v1/kv/k')).status, 200);
  t.equal((await served.send('GET', '/api/v1/kv/k')).status, 429);
  for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json']) {
    const { status, headers } = await served.send('GET', path);
    t.equal(status, 200, path);
    t.equal(headers['ratelimit'], undefined);
  }
  const change = { headers: JSON_HEADERS, body: '{"rate_limit_max":0}' };
  t.equal((await served.send('POST', '/api/v1/config/consistency', change)).status, 200);
  t.equal((await put(served)).status, 200, 'a limit that is too low can be undone');
  const { headers } = await put(served);
  t.equal(headers['ratelimit'], undefined, 'no limit, no headers');
});

t.test('a batch counts as its operations, all or none', async (t) => {
  const served = await serve(t);
  limit(served, 5);
  const batch = (count: number) => {
    const operations = Array.from({ length: count }, (_, i) => ({ op: 'get', key: `k${i}` }));
    const body = JSON.stringify({ operations });
    return served.send('POST', '/api/v1/batch', { headers: JSON_HEADERS, body });
  };
  t.match((await batch(6)).json, { status: 400, field: 'operations', received: 6 });
  t.not((await batch(3)).status, 429);
  t.equal((await batch(3)).status, 429);
  t.equal(served.node.gets.length, 3);
  t.not((await batch(2)).status, 429, 'what was refused took nothing');
});

t.test('a namespace has counts and rules of its own; one that is not there has none', async (t) => {
  const served = await serve(t);
  limit(served, 1);
  const get = (namespace: string) => served.send('GET', `/api/v1/namespaces/${namespace}/kv/k`);
  const { namespaces } = served.node;
  const effective = namespaces.effective.bind(namespaces);
  namespaces.effective = (namespace) => {
    const rules = effective(namespace);
    return rules && namespace === 'shop' ? { ...rules, rate_limit_max: 2 } : rules;
  };
  t.equal((await put(served)).status, 200);
  t.same([(await get('shop')).status, (await get('shop')).status], [404, 404]);
  t.match((await get('shop')).json, { status: 429, namespace: 'shop', limit: 2 });
  t.equal((await put(served)).status, 429);
  for (let i = 0; i < 3; i += 1) t.equal((await get(`guess-${i}`)).status, 404);
  const { json } = await served.send('GET', '/api/v1/cluster/status');
  t.match(json, { clients: { rate_limit: { clients: { now: 2 } } } });
});

t.test('after the window they pass again, and a change of the limit counts anew', async (t) => {
  const served = await serve(t);
  limit(served, 2, '1s');
  const pass = async () => (await put(served)).status;
  t.same([await pass(), await pass(), await pass()], [200, 200, 429]);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  t.equal(await pass(), 200);
  limit(served, 1);
  t.same([await pass(), await pass()], [200, 429]);
  const { clients } = (await served.send('GET', '/api/v1/cluster/status')).json ?? {};
  const reported = { max: 1, window_s: 3600, clients: { now: 1, limit: 100 }, refused: 2 };
  t.match(clients, { rate_limit: reported });
});

t.test('X-Forwarded-For of one that is no trusted proxy is not read', async (t) => {
  const served = await serve(t);
  limit(served, 1);
  t.equal((await put(served, { 'X-Forwarded-For': '198.51.100.1' })).status, 200);
  t.equal((await put(served, { 'X-Forwarded-For': '198.51.100.2' })).status, 429);
});

t.test('behind trusted proxies the last address that they did not write counts', async (t) => {
  const rates = new TokenBucketRates({
    clientsMax: 10,
    trustedProxies: ['10.0.0.0/8', FROM_PROXY],
  });
  const clientOf = (remoteAddress: string, forwarded?: string) =>
    rates.clientOf({
      socket: { remoteAddress },
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    } as never);
  for (const [remote, forwarded, client] of [
    ['192.0.2.1', undefined, '192.0.2.1'],
    ['192.0.2.1', '198.51.100.1', '192.0.2.1'],
    ['10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['10.1.2.3', '203.0.113.9, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
    ['::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    [FROM_PROXY, '10.0.0.7', '10.0.0.7'],
    // What is no address would be another client each time.
    ['10.1.2.3', '198.51.100.1:4711', '10.1.2.3'],
    ['10.1.2.3', 'unknown', '10.1.2.3'],
    // One client has many addresses of version 6.
    ['2001:db8:1:2:3::1', undefined, '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::7', undefined, '2001:db8:1:2::/64'],
    ['::ffff:192.0.2.1', undefined, '192.0.2.1'],
    // Through a bridge, or a virtual network.
    ['fe80::1%br-lan', undefined, 'fe80::/64'],
    ['fe80::1%eth0.100', undefined, 'fe80::/64'],
  ] as const) {
    t.equal(clientOf(remote, forwarded), client, `${remote} ${forwarded ?? ''}`);
  }
});

t.test('clients and namespaces are counted apart, and so many are remembered', async (t) => {
  const rates = new TokenBucketRates({ clientsMax: 100, trustedProxies: [] });
  const limit = { max: 1, windowSeconds: 3600 };
  t.ok(rates.take('a', 'default', 1, limit).allowed);
  t.notOk(rates.take('a', 'default', 1, limit).allowed);
  t.ok(rates.take('b', 'default', 1, limit).allowed);
  t.ok(rates.take('a', 'shop', 1, limit).allowed);
  for (let i = 0; i < 100_000; i += 1) rates.take(`198.51.${i}`, 'default', 1, limit);
  t.equal(rates.remembered, 100);
  t.equal(rates.rememberedMax, 100);
});

t.test('bursts up to the limit pass, and the usual traffic of a client', async (t) => {
  const rates = new TokenBucketRates({ clientsMax: 10, trustedProxies: [] });
  const limit = { max: 100, windowSeconds: 10 };
  const burst = Array.from({ length: 25 }, () => rates.take('a', 'default', 1, limit).allowed);
  t.notOk(burst.includes(false), 'a burst of 25');
  const flood = Array.from({ length: 200 }, () => rates.take('a', 'default', 1, limit).allowed);
  const passed = flood.filter((allowed) => allowed).length;
  t.ok(passed >= 75 && passed <= 77, `${passed} of a flood pass`);
});

t.test('a batch that one namespace refuses costs nothing in another', async (t) => {
  const served = await serve(t);
  limit(served, 5);
  const batch = (shop: number) => {
    const rows = Array.from({ length: shop }, (_, i) => ({
      op: 'get',
      key: `s${i}`,
      namespace: 'shop',
    }));
    const operations = [{ op: 'get', key: 'k' }, { op: 'get', key: 'l' }, ...rows];
    const body = JSON.stringify({ operations });
    return served.send('POST', '/api/v1/batch', { headers: JSON_HEADERS, body });
  };
  t.equal((await batch(6)).status, 400);
  t.not((await batch(3)).status, 429);
  t.equal((await batch(3)).status, 429, 'shop has two left');
  const { headers } = await served.send('GET', '/api/v1/kv/k');
  t.match(headers['ratelimit'], /^"client";r=2;/, 'two of one batch, and this one');
});
