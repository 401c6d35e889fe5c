/**
 * The packed client in a real browser: a static page with nothing but its files, behind one proxy
 * with the nodes, under a strict policy. Another origin has no way in (no CORS): that is tried too.
 */
import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import t from 'tap';
import { freeBasePort, RealCluster } from '../integration/real-cluster.js';
import { DESKTOP, launch, openPage } from './browser.js';

const PACKAGE = 'dist/client-package';
const PAGE = `<!doctype html><title>shop</title><body></body>
<script type="module" src="/page.js"></script>`;
/** Everything that the page needs is asked of its own origin, and nothing is made of texts. */
const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'";
const SCRIPT = `import * as quorate from '/client/lib/client/client.js';
globalThis.quorate = quorate;
globalThis.client = new quorate.QuorateClient({ endpoints: [location.origin] });
document.body.append('ready');`;

const base = await freeBasePort();
const cluster = await RealCluster.start(t, join(t.testdir(), 'data'), ['--base-port', `${base}`]);
const browser = await launch();
t.teardown(() => browser.close());

/** To the first node that takes the connection; as any reverse proxy does, with the host kept. */
async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body: Buffer[] = [];
  for await (const chunk of request) body.push(chunk as Buffer);
  passTo(
    cluster.announced.nodes.map(({ url }) => url),
    request,
    Buffer.concat(body),
    response,
  );
}

function passTo(
  [url, ...others]: readonly string[],
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  if (url === undefined) {
    response.writeHead(502).end('no node');
    return;
  }
  const { method, headers, url: path } = request;
  const on = httpRequest(`${url}${path}`, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  on.on('error', () => {
    if (response.headersSent) response.destroy();
    else passTo(others, request, body, response);
  });
  on.end(body);
}

function serveFile(path: string, response: ServerResponse): void {
  const headers = { 'content-security-policy': POLICY };
  const script = { ...headers, 'content-type': 'text/javascript' };
  if (path === '/') response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end(PAGE);
  else if (path === '/page.js') response.writeHead(200, script).end(SCRIPT);
  else if (path.startsWith('/client/')) {
    const file = join(PACKAGE, normalize(path.slice('/client'.length)));
    response.writeHead(200, script).end(readFileSync(file));
  } else response.writeHead(404).end();
}

async function serveOrigin(): Promise<string> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (/^\/(?:api|healthz)/.test(path)) pass(request, response).catch(() => response.destroy());
    else serveFile(path, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const origin = await serveOrigin();

async function pageAt(url: string) {
  const watched = await openPage(browser, DESKTOP, url);
  await watched.page.getByText('ready').waitFor();
  return watched;
}

t.test('values, bytes, siblings, sessions, strong updates and batches', async (t) => {
  const { page, complaints } = await pageAt(origin);
  const seen = await page.evaluate(async () => {
    const { client, quorate } = globalThis as unknown as InPage;
    await client.put('cart', { items: ['milk'], at: 12345678901234567890n });
    const read = await client.get('cart', { level: 'quorum' });
    const context = read.kind === 'value' ? read.context : undefined;
    await client.put('cart', { items: ['milk', 'tea'] }, { context });
    await client.put('cart', { items: ['milk', 'jam'] }, { context });
    const conflict = await client.get('cart');
    const union = (all: readonly { readonly items: readonly string[] }[]) => ({
      items: [...new Set(all.flatMap(({ items }) => items))].sort(),
    });
    const merged = await client.update<{ readonly items: readonly string[] }>(
      'cart',
      (cart) => ({ items: [...(cart?.items ?? []), 'bread'] }),
      union,
    );
    await client.put('face', new Uint8Array([0, 255, 7]), { contentType: 'image/x' });
    const face = await client.get<Uint8Array>('face');
    await Promise.all(
      Array.from({ length: 4 }, () => client.updateStrong<number>('count', (n = 0) => n + 1)),
    );
    const session = client.session();
    await session.put('s', 1);
    const later = client.session({ saved: JSON.parse(JSON.stringify(session)) });
    const wrong = await client.get('cart', { level: 'most' as 'one' }).catch((e: unknown) => e);
    return {
      ...{ digits: read.kind === 'value' ? read.stored : undefined, kind: conflict.kind },
      ...{ merged: merged.value, bytes: face.kind === 'value' ? [...face.value] : undefined },
      count: await client.get<number>('count', { level: 'strong' }),
      later: await later.get('s', { level: 'one' }),
      wrong: wrong instanceof quorate.QuorateError ? [wrong.code, wrong.details.known] : wrong,
    };
  });
  t.match(seen, {
    digits: { kind: 'json', text: /12345678901234567890/ },
    kind: 'siblings',
    merged: { items: ['jam', 'milk', 'tea', 'bread'] },
    bytes: [0, 255, 7],
    count: { kind: 'value', value: 4 },
    later: { kind: 'value', value: 1 },
    wrong: ['invalid_level', /quorum/],
  });
  t.same(complaints, [], 'the policy forbids nothing of it');
  t.match((await cluster.ask('get', 'count')).out, '4');
  await page.context().close();
});

t.test('a node that dies: reads go on, a write under its key is applied once', async (t) => {
  const { page } = await pageAt(origin);
  await cluster.kill('n1');
  const seen = await page.evaluate(async () => {
    const { client } = globalThis as unknown as InPage;
    const options = { idempotencyKey: crypto.randomUUID() };
    const first = await client.put('paid', 7, options);
    const again = await client.put('paid', 7, options);
    const ending = AbortSignal.abort(new Error('left'));
    const left = await client.put('paid', 8, { signal: ending }).catch((e: unknown) => e);
    await client.close();
    const closed = await client.get('paid').catch((e: unknown) => e);
    return {
      same: first.version === again.version,
      ended: [left, closed].map((error) => (error as { readonly code: string }).code),
    };
  });
  t.match(seen, { same: true, ended: ['aborted', 'closed'] });
  t.equal((await cluster.bringBack('n1')).status, 0);
  t.match((await cluster.ask('get', 'paid')).out, '7');
  await page.context().close();
});

t.test('a page of another origin reads nothing and changes nothing', async (t) => {
  const { page } = await pageAt(origin);
  const other = cluster.url('n2');
  // As a page without any policy would: what refuses is the node.
  await page.route(`${origin}/`, (route) =>
    route.fulfill({ contentType: 'text/html', body: PAGE }),
  );
  await page.reload();
  await page.getByText('ready').waitFor();
  const seen = await page.evaluate(async (endpoint) => {
    const { quorate } = globalThis as unknown as InPage;
    const foreign = new quorate.QuorateClient({ endpoints: [endpoint], retries: 0 });
    const errors = [
      await foreign.get('paid').catch((e: unknown) => e),
      await foreign.put('paid', 'stolen').catch((e: unknown) => e),
    ];
    return errors.map((error) => (error as { readonly outcome?: string }).outcome);
  }, other);
  t.strictSame(seen, ['none', 'unknown'], 'a browser does not tell whether it was sent');
  t.match((await cluster.ask('get', 'paid')).out, '7');
  await page.context().close();
});

/** What the script of the page gives to tests. */
interface InPage {
  readonly quorate: typeof import('../../lib/client/client.js');
  readonly client: import('../../lib/client/client.js').QuorateClient;
}
