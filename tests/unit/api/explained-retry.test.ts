/** Under an id the answer is of all attempts; how it came about is of each by itself. */
import t from 'tap';
import { LocalCluster } from '../local-cluster.js';
import { serveNode } from './served.js';

t.test('a batch under an id: what explains one attempt is not given to another', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const served = await serveNode(t, cluster.node('n1'));
  const body = JSON.stringify({ operations: [{ op: 'put', key: 'a', value: 1 }] });
  const send = async (id: string, query: string) => {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': id };
    const answer = await cluster.wait(
      served.send('POST', `/api/v1/batch${query}`, { headers, body }),
    );
    const results = answer.json?.['results'] as Record<string, unknown>[] | undefined;
    return results?.[0] ?? {};
  };
  const first = await send('one', '?explain=1');
  t.ok(first['explain']);
  const again = await send('one', '');
  t.notOk(again['explain'], 'nobody asked for it this time');
  t.equal(again['version'], first['version']);
  const plain = await send('two', '');
  t.notOk(plain['explain']);
  const explained = await send('two', '?explain=1');
  t.ok(explained['explain'], 'asked for at the repetition');
  t.equal(explained['version'], plain['version']);
});
