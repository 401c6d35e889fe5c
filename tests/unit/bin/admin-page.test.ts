/** The server of the admin page: files, guards, and requests that are passed on to live nodes. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { passOn } from '../../../bin/admin/pass-on.js';
import { Upstreams } from '../../../bin/admin/upstreams.js';
import { say } from '../platform/listening.js';
import { pageOf } from './page-of.js';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

class FakeNode {
  readonly received: Received[] = [];
  readonly id: string;
  readonly #server: Server;
  /** What status tells of where nodes listen. */
  reported: Readonly<Record<string, string>> = {};

  constructor(id: string) {
    this.id = id;
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        const { method, url, headers } = request;
        if (url !== '/healthz') this.received.push({ method, url, headers, body });
        const nodes = Object.entries(this.reported).map(([reported, client_address]) => {
          return { id: reported, report: { client_address } };
        });
        response.setHeader('x-replicas', '2/3');
        response.end(JSON.stringify({ node: this.id, nodes }));
      });
    });
  }

  async start(t: Test): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => this.stop());
    return this;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const CHANGE = {
  method: 'PUT',
  headers: { 'content-type': 'application/json', 'x-quorate-page': '1' },
  body: '{"value":1}',
};

t.test('files have types, a strict policy, and nothing else is served', async (t) => {
  const url = await pageOf(t, []);
  const index = await fetch(url);
  t.equal(index.headers.get('content-type'), 'text/html; charset=utf-8');
  const policy = index.headers.get('content-security-policy') ?? '';
  t.match(policy, /^default-src 'none'/);
  t.notMatch(policy, /unsafe|\*|https?:/);
  t.match((await fetch(`${url}assets/a-1.js`)).headers.get('cache-control'), /immutable/);
  for (const path of ['secret.txt', '../package.json', 'assets', 'metrics/x', 'healthz']) {
    t.equal((await fetch(url + path)).status, 404, path);
  }
  t.equal((await fetch(url, { method: 'POST' })).status, 405);
  const { host, port } = new URL(url);
  const whole = `GET ${url}page.json HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  t.match(await say(Number(port), whole).answer, /^HTTP\/1.1 200 /, 'by a whole address, too');
  const reported = await (await fetch(`${url}page.json`)).json();
  t.same(reported, { version: '1.2.3', program: './quorate', nodes: [] });
});

t.test('requests go to the first node that is alive, or to the one that is named', async (t) => {
  const [n1, n2] = [await new FakeNode('n1').start(t), await new FakeNode('n2').start(t)];
  const url = await pageOf(t, [n1, n2]);
  const first = await fetch(`${url}api/v1/kv/a%2Fb?siblings=list`, { headers: { cookie: 'c=1' } });
  t.equal(first.headers.get('x-quorate-node'), 'n1');
  t.equal(first.headers.get('x-replicas'), '2/3');
  const passed = n1.received.find(({ url }) => url === '/api/v1/kv/a%2Fb?siblings=list');
  t.equal(passed?.method, 'GET');
  t.equal(passed?.headers.cookie, undefined);
  t.equal((await fetch(`${url}nodes/n2/metrics`)).headers.get('x-quorate-node'), 'n2');
  t.equal((await fetch(`${url}nodes/n9/metrics`)).status, 404);
  n1.stop();
  await new Promise((resolve) => setTimeout(resolve, 1100));
  t.equal((await fetch(`${url}api/v1`)).headers.get('x-quorate-node'), 'n2');
  n2.stop();
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const away = await fetch(`${url}nodes/n2/metrics`);
  t.same([away.status, await away.text()], [204, ''], 'asked again and again, it is no error');
  t.equal((await fetch(`${url}nodes/n2/api/v1`)).status, 503);
  const nobody = await fetch(`${url}api/v1`);
  t.equal(nobody.status, 503);
  const reported = await nobody.text();
  t.match(JSON.parse(reported), { code: 'not_ready', outcome: 'none' });
  t.equal(reported.at(-1), '\n', 'the prompt of a shell begins on a line of its own');
});

t.test('further nodes are learnt from those that are known', async (t) => {
  const [n1, n2] = [await new FakeNode('n1').start(t), await new FakeNode('n2').start(t)];
  n1.reported = { n1: n1.address, n2: n2.address };
  const url = await pageOf(t, [n1]);
  await fetch(`${url}api/v1`);
  let status = 404;
  for (let i = 0; i < 50 && status !== 200; i += 1) {
    status = (await fetch(`${url}nodes/n2/metrics`)).status;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.equal(status, 200);
});

t.test('only the page itself changes something', async (t) => {
  const n1 = await new FakeNode('n1').start(t);
  const url = await pageOf(t, [n1]);
  t.equal((await fetch(`${url}api/v1/kv/k`, CHANGE)).status, 200);
  const made = n1.received.find(({ method }) => method === 'PUT');
  t.match(made, { body: '{"value":1}', headers: { 'content-type': 'application/json' } });
  t.equal(made?.headers['x-quorate-page'], undefined);
  const { headers } = CHANGE;
  const foreign: Record<string, string>[] = [
    { 'content-type': 'application/json' },
    { ...headers, origin: 'http://evil.example' },
    { ...headers, 'sec-fetch-site': 'cross-site' },
    { ...headers, origin: 'null' },
  ];
  for (const sent of foreign) {
    const answer = await fetch(`${url}api/v1/kv/k`, { ...CHANGE, headers: sent });
    t.equal(answer.status, 403, JSON.stringify(sent));
  }
  t.equal(n1.received.filter(({ method }) => method === 'PUT').length, 1);
});

t.test('a page that shows only passes no change on', async (t) => {
  const n1 = await new FakeNode('n1').start(t);
  const upstreams = new Upstreams([n1]);
  const server = createServer((request, response) => {
    const options = { upstreams, readOnly: 'it only shows', requestId: () => 'r' };
    void passOn(options, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
    upstreams.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/kv/k`;
  t.equal((await fetch(url)).status, 200);
  const refused = await fetch(url, CHANGE);
  t.match(await refused.json(), { code: 'forbidden_origin', detail: 'it only shows' });
});

t.test('an answer whose context is long passes', async (t) => {
  const node = createServer((_, response) => {
    response.writeHead(200, { 'X-Causal-Context': 'x'.repeat(500_000) }).end();
  });
  await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve));
  const upstreams = new Upstreams([]);
  t.teardown(() => {
    node.close();
    upstreams.close();
  });
  const address = `127.0.0.1:${(node.address() as AddressInfo).port}`;
  const asked = { method: 'GET', path: '/', headers: {} };
  const { sent, answered } = upstreams.open({ id: 'n1', address }, asked);
  sent.end();
  const answer = await answered;
  answer.resume();
  t.equal(answer.headers['x-causal-context']?.length, 500_000);
});

t.test('a page of another name is refused: rebinding leads nowhere', async (t) => {
  const n1 = await new FakeNode('n1').start(t);
  const url = new URL(await pageOf(t, [n1]));
  const { request } = await import('node:http');
  const status = await new Promise((resolve) => {
    const options = {
      port: url.port,
      host: '127.0.0.1',
      path: '/api/v1',
      headers: { host: 'evil.example' },
    };
    request(options, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).end();
  });
  t.equal(status, 421);
  t.same(n1.received, []);
});
