/** A write that leaves siblings says so in its answer, at every node, over HTTP. */
import t from 'tap';
import { LocalCluster } from '../local-cluster.js';
import { type Sent, serveNode } from './served.js';

t.test('a put with an old context names what it left, a delete too', async (t) => {
  const cluster = await LocalCluster.of({ nodes: 4 });
  t.teardown(() => cluster.stop());
  for (const id of ['n1', 'n4']) {
    const { send } = await serveNode(t, cluster.node(id));
    const key = `of-${id}`;
    const ask = async (method: string, query = '', sent?: Sent) => {
      const answer = await cluster.wait(send(method, `/api/v1/kv/${key}${query}`, sent));
      return answer.json ?? {};
    };
    const type = { 'Content-Type': 'text/plain' };
    const write = (method: string, context: unknown, text = '') =>
      ask(method, '', {
        headers: { ...type, 'X-Causal-Context': String(context) },
        ...(method === 'PUT' ? { body: text } : {}),
      });
    const first = await ask('PUT', '', { headers: type, body: 'a' });
    const { context } = first as { readonly context?: unknown };
    t.notHas(first, 'beside');
    const second = await write('PUT', context, 'b');
    t.notHas(second, 'beside', 'what it replaces is not beside it');
    t.notHas(second, 'siblings');
    const left = second['version'];
    const third = await write('PUT', context, 'c');
    t.match(third, { replaced: [], beside: [left], siblings: 2 }, id);
    const fourth = await write('PUT', context, 'd');
    const versions = [left, third['version']].sort();
    t.same([...(fourth['beside'] as string[])].sort(), versions, id);
    t.equal(fourth['siblings'], 3);
    const deleted = await write('DELETE', third['context']);
    t.match(deleted, { replaced: [third['version']], siblings: 2 }, id);
    const seen = await ask('GET', '?siblings=list');
    const ended = await write('DELETE', fourth['context']);
    t.same(ended['beside'], [left], 'one value is left');
    t.notHas(ended, 'siblings', 'one value is no sibling');
    t.notHas(await write('PUT', seen['context'], 'e'), 'beside');
  }
});

t.test('what has ended is not beside it', async (t) => {
  const cluster = await LocalCluster.of({ limits: { reapIntervalMilliseconds: 60_000 } });
  t.teardown(() => cluster.stop());
  const { context } = await cluster.put('n1', 'k', 'a');
  await cluster.putFor('n1', 'k', 1, { context });
  t.equal((await cluster.put('n1', 'k', 'b', { context })).beside.length, 1);
  await cluster.clock.advance(2_000);
  t.equal((await cluster.put('n1', 'k', 'c', { context })).beside.length, 1, 'only "b"');
});
