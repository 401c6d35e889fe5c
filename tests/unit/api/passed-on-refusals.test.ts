/** What a node passes on and another refuses: the client is told why, with its details. */
import t from 'tap';
import { LocalCluster } from '../local-cluster.js';
import { serveNode } from './served.js';

const LIMIT = 1_000;
const HELD = 'x'.repeat(300);

for (const level of ['quorum', 'strong']) {
  t.test(`a record that is full names its limit, whichever node is asked: ${level}`, async (t) => {
    const cluster = await LocalCluster.of({ nodes: 4, limits: { recordBytesMax: LIMIT } });
    t.teardown(() => cluster.stop());
    const key = cluster.keyOwnedBy(['n4'], false);
    const { context } = await cluster.get('n1', key);
    for (const n of [1, 2]) await cluster.put('n1', key, `${HELD}${n}`, { level, context });
    const headers = {
      ...{ 'Content-Type': 'text/plain', 'X-Consistency-Level': level },
      'X-Causal-Context': String(context),
    };
    for (const id of cluster.ids) {
      const { send } = await serveNode(t, cluster.node(id));
      const sent = send('PUT', `/api/v1/kv/${key}`, { headers, body: `${HELD}3` });
      const answer = await cluster.wait(sent);
      t.equal(answer.status, 507, id);
      t.match(answer.json, { code: 'record_too_large', outcome: 'none', limit: LIMIT }, id);
      t.ok(Number(answer.json?.['size']) > LIMIT, id);
    }
  });
}
