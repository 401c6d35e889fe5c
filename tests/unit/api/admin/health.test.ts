/** Questions after health and readiness are answered, whatever is added and whoever else asks. */
import { connect } from 'node:net';
import t from 'tap';
import { isHealthPath } from '../../../../lib/api/admin/health-routes.js';
import { reached } from '../../in-time.js';
import { start, say } from '../../platform/listening.js';
import { serve } from '../served.js';

const QUERIES = ['', '?', '?x', '?x=1&x=2', '?%zz', '?level', '?verbose=1&t=17', '?exclude=etcd'];

t.test('with any query', async (t) => {
  const { send } = await serve(t);
  for (const query of QUERIES) {
    for (const method of ['GET', 'HEAD']) {
      t.equal((await send(method, `/healthz${query}`)).status, 200, `${method} ${query}`);
      t.equal((await send(method, `/readyz${query}`)).status, 200, `${method} ${query}`);
    }
  }
  t.equal((await send('GET', '/readyz?t=1&level=quorum')).status, 200);
  t.equal((await send('GET', '/metrics?x')).status, 400, 'others are as strict as they were');
});

t.test('beyond the limit of connections, too', async (t) => {
  const { listener, requests } = await start(t, { connectionsMax: 2, isVital: isHealthPath });
  const busy = [1, 2].map(() => connect(listener.port, '127.0.0.1'));
  for (const socket of busy) socket.write('GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await reached('two busy connections', () => requests.length === 2);
  for (const path of ['/healthz', '/readyz', ...QUERIES.map((query) => `/readyz${query}`)]) {
    const answer = say(listener.port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).answer;
    t.match(await answer, /^HTTP\/1.1 200 /, path);
  }
  for (const path of ['/readyz/', '/healthzz', '/metrics', '/api/v1/kv/healthz']) {
    const answer = say(listener.port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).answer;
    t.match(await answer, /^HTTP\/1.1 503 /, path);
  }
  for (const socket of busy) socket.destroy();
});
