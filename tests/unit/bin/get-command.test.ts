/** `quorate get`: how old an answer can be is shown where the answer says so. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { runWords } from './fake-terminal.js';

const VALUE = { key: 'k', value: 1, version: 'n1.1.a.1', context: 'c', written_at: 'now' };
const GONE = { code: 'not_found', detail: 'none', outcome: 'none', retryable: false };
const NOTHING = { ...GONE, context: 'c' };
const LEVEL = 'bounded-staleness;max=1s';

async function get(t: Test, status: number, bound: string | undefined, output: string) {
  const levels: unknown[] = [];
  const server = createServer(({ headers }, response) => {
    levels.push(headers['x-consistency-level']);
    response.setHeader('x-consistency-achieved', 'bounded-staleness');
    response.setHeader('x-replicas', '1/3');
    if (bound !== undefined) response.setHeader('x-staleness-bound', bound);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(status === 200 ? VALUE : NOTHING));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const words = ['get', 'k', '--level', LEVEL, '--endpoint', endpoint, '-o', output];
  const { out } = await runWords(words);
  t.same(levels, [LEVEL]);
  return out;
}

t.test('in its JSON, of a value and of nothing', async (t) => {
  const shown = { level: 'bounded-staleness', replicas: '1/3', staleness_bound: '22; scope=all' };
  t.match(JSON.parse(await get(t, 200, '22; scope=all', 'json')), { value: 1, ...shown });
  t.match(JSON.parse(await get(t, 404, '22; scope=all', 'json')), shown);
  t.notHas(JSON.parse(await get(t, 200, undefined, 'json')), 'staleness_bound');
});

t.test('beside the level in the table', async (t) => {
  t.match(
    await get(t, 200, '22; scope=all', 'table'),
    / bounded-staleness \(22; scope=all\) +1\/3/,
  );
  t.match(await get(t, 200, undefined, 'table'), / bounded-staleness +1\/3/);
});
