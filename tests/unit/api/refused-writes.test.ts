/** What a refused write tells: enough for the next attempt, and the reason. */
import t, { type Test } from 'tap';
import { LocalCluster } from '../local-cluster.js';
import { serveNode } from './served.js';

type Headers = Readonly<Record<string, string>>;

async function clientOf(t: Test) {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const served = await serveNode(t, cluster.node('n1'));
  return (method: string, path: string, headers: Headers = {}, sent?: unknown) => {
    const typed = { 'Content-Type': 'application/json', ...headers };
    const body = sent === undefined ? {} : { body: JSON.stringify(sent) };
    const answer = served.send(method, `/api/v1${path}`, { headers: typed, ...body });
    return cluster.wait(answer);
  };
}

t.test('a failed comparison tells the present version, its ETag and its context', async (t) => {
  const send = await clientOf(t);
  const [path, at] = ['/kv/k', { 'X-Consistency-Level': 'strong' }];
  const { json } = await send('PUT', path, at, { value: 1 });
  const shown = await send('GET', path, at);
  const refused = await send('PUT', path, { ...at, 'If-None-Match': '*' }, { value: 2 });
  t.match(refused, { status: 412, json: { code: 'precondition_failed' } });
  t.equal(refused.json?.['version'], json?.['version']);
  t.equal(refused.headers.etag, shown.headers.etag);
  t.type(refused.headers['x-causal-context'], 'string');
  // The next attempt needs no read.
  const next = { ...at, 'If-Match': String(refused.headers.etag) };
  t.match(await send('PUT', path, next, { value: 3 }), { status: 200 });
  t.equal((await send('PUT', path, next, { value: 4 })).status, 412, 'it holds once');
});

t.test('a level that a namespace does not allow is 403, and says which are', async (t) => {
  const send = await clientOf(t);
  const rules = { default_level: 'quorum', allowed_levels: ['quorum', 'strong'] };
  const made = await send('PUT', '/namespaces/orders', {}, rules);
  t.equal(made.status, 200, made.text);
  const path = '/namespaces/orders/kv/k';
  for (const [method, sent] of [['PUT', { value: 1 }], ['GET'], ['DELETE']] as const) {
    const refused = await send(method, path, { 'X-Consistency-Level': 'one' }, sent);
    t.match(refused, { status: 403, json: { code: 'not_allowed', received: 'one' } }, method);
    t.same(refused.json?.['allowed'], rules.allowed_levels);
  }
  t.equal((await send('PUT', path, {}, { value: 1 })).status, 200);
});
