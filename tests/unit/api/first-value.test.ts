/** A key that was never written, over HTTP, where no write is taken without a context. */
import t from 'tap';
import { LocalCluster } from '../local-cluster.js';
import { serveNode } from './served.js';

t.test('a 404 carries the context with which the first value goes', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const { send } = await serveNode(t, cluster.node('n1'));
  const by = { ifMatch: undefined, dryRun: false, by: 'test' };
  await cluster.wait(cluster.node('n1').settings.change({ blind_writes: 'refuse' }, by));
  const put = (key: string, more: Readonly<Record<string, string>>) =>
    cluster.wait(
      send('PUT', `/api/v1/kv/${key}`, {
        headers: { 'Content-Type': 'text/plain', ...more },
        body: 'first',
      }),
    );
  t.match(await put('k', {}), { status: 409, json: { code: 'context_required' } });
  const read = await cluster.wait(send('GET', '/api/v1/kv/k'));
  const context = String(read.headers['x-causal-context']);
  t.match(read, { status: 404, json: { code: 'not_found', context } });
  const head = await cluster.wait(send('HEAD', '/api/v1/kv/k'));
  t.match(head, { status: 404, headers: { 'x-causal-context': context } });
  const list = await cluster.wait(send('GET', '/api/v1/kv/k?siblings=list'));
  t.match(list, { status: 200, json: { siblings: [], context } });
  const past = await cluster.wait(send('GET', '/api/v1/kv/k/conflicts'));
  t.match(past, { status: 404, json: { context } });
  const other = await put('other', { 'X-Causal-Context': context });
  t.match(other, { status: 400, json: { code: 'invalid_context' } });
  t.match(await put('k', { 'X-Causal-Context': context }), { status: 200, json: { replaced: [] } });
  t.match(await cluster.wait(send('GET', '/api/v1/kv/k')), { status: 200, text: 'first' });
});
