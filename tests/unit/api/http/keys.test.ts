/** Keys: decoded once and strictly, from paths and from parameters. */
import fc from 'fast-check';
import t from 'tap';
import { keyOfParameter, keyOfPath } from '../../../../lib/api/http/key-of-path.js';
import { serve } from '../served.js';

t.test('every key comes back from its encoding, by path and by parameter', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }), (key) => {
      const encoded = encodeURIComponent(key);
      const byPath = key === '.' || key === '..' ? key : keyOfPath(encoded);
      return byPath === key && keyOfParameter(encoded) === key;
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }), (key) => {
      const encoded = new URLSearchParams([['key', key]]).toString().slice('key='.length);
      return keyOfParameter(encoded) === key;
    }),
  );
});

t.test('two different raw keys are never the same key, unless by percent-encoding', async (t) => {
  t.equal(keyOfPath('%25ff'), '%ff');
  t.equal(keyOfPath('a+b'), 'a+b');
  t.equal(keyOfParameter('a+b'), 'a b');
  t.equal(keyOfPath('%EF%BB%BFa'), '\ufeffa', 'a byte order mark belongs to the key');
  t.equal(keyOfPath('%00'), '\0');
});

t.test('what is no key is refused', async (t) => {
  const { node, send, raw } = await serve(t);
  const bad: readonly (readonly [path: string, why: RegExp])[] = [
    ['/api/v1/kv/%ff', /percent-encoded/],
    ['/api/v1/kv/%', /percent-encoded/],
    ['/api/v1/kv/%2', /percent-encoded/],
    ['/api/v1/kv/%zz', /percent-encoded/],
    ['/api/v1/kv/%ED%A0%80', /percent-encoded/],
    ['/api/v1/kv/%C0%AF', /percent-encoded/],
    ['/api/v1/kv/', /empty/],
    ['/api/v1/kv?key=', /empty/],
    ['/api/v1/kv/.', /\?key=/],
    ['/api/v1/kv/..', /\?key=/],
    ['/api/v1/kv/%2E%2e', /\?key=/],
    ['/api/v1/kv/.%2E', /\?key=/],
    [`/api/v1/kv/${'k'.repeat(1025)}`, /1024/],
    [`/api/v1/kv/${'%C3%A9'.repeat(513)}`, /1024/],
    [`/api/v1/kv/${'k'.repeat(2048)}`, /1024/],
    [`/api/v1/kv?key=${'k'.repeat(2048)}`, /1024/],
  ];
  for (const [path, why] of bad) {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await send(method, path);
      t.match(answer.json, { status: 400, code: 'invalid_key', detail: why }, path.slice(0, 40));
    }
  }
  t.match(await raw('GET /api/v1/kv/a#b HTTP/1.1\r\nHost: localhost\r\n\r\n'), /invalid_key/);
  t.equal(node.gets.length + node.puts.length, 0);
});

t.test('keys at the edge are taken', async (t) => {
  const { node, send, raw } = await serve(t);
  for (const path of [
    `/api/v1/kv/${'k'.repeat(1024)}`,
    `/api/v1/kv/${'%C3%A9'.repeat(512)}`,
    '/api/v1/kv?key=..',
    '/api/v1/kv?key=%2E',
    '/api/v1/kv/...',
    '/api/v1/kv/conflicts',
    '/api/v1/kv/a%2Fconflicts',
    '/api/v1/kv/%3Fkey%3Dx',
  ]) {
    t.equal((await send('GET', path)).status, 404, path.slice(0, 40));
  }

  await raw(
    'GET http://localhost:1/api/v1/kv/abs?siblings=list HTTP/1.1\r\nHost: localhost\r\n\r\n',
  );
  t.same(
    node.gets.slice(2).map(({ key }) => key),
    ['..', '.', '...', 'conflicts', 'a/conflicts', '?key=x', 'abs'],
  );
});

t.test('a key in a path is one segment; parameters are known ones, once', async (t) => {
  const { node, send } = await serve(t);
  const rows: readonly (readonly [method: string, path: string, status: number, field?: string])[] =
    [
      ['GET', '/api/v1/kv/a/b', 404],
      ['DELETE', '/api/v1/kv/a/', 404],
      ['GET', '/api/v1/kv/../kv/a', 404],
      ['GET', '/api/v1/kv/a?key=b', 400, 'key'],
      ['GET', '/api/v1/kv/a?level=one', 400, 'level'],
      ['GET', '/api/v1/kv/a?siblings=all', 400, 'siblings'],
      ['GET', '/api/v1/kv/a?siblings=list&siblings=list', 400, 'siblings'],
      ['GET', '/api/v1/kv?key=a&key=b', 400, 'key'],
      ['GET', '/api/v1/kv/a?siblings=%ff', 400, 'siblings'],
      ['PUT', '/api/v1/kv/a?siblings=list', 400, 'siblings'],
      ['PUT', '/api/v1/kv', 400, 'key'],
      ['DELETE', '/api/v1/kv', 400, 'key'],
      ['GET', '/api/v1/kv/a/conflicts?x=1', 400, 'x'],
    ];
  for (const [method, path, status, field] of rows) {
    const answer = await send(method, path);
    t.match(
      answer.json,
      { status, ...(field === undefined ? {} : { field }) },
      `${method} ${path}`,
    );
  }
  t.equal(node.gets.length + node.puts.length, 0);
});

t.test('a list of keys is asked without a key', async (t) => {
  const { node, send } = await serve(t);
  node.keyList = { ...node.keyList, items: [{ key: 'clé', found: undefined }] };
  const plain = { prefix: '', limit: 100, cursor: undefined, values: false };
  const rows: readonly (readonly [path: string, asked: object])[] = [
    ['/api/v1/kv', plain],
    ['/api/v1/kv?', plain],
    ['/api/v1/kv?prefix=a%2Fb+c', { ...plain, prefix: 'a/b c' }],
    ['/api/v1/kv?limit=5&cursor=x&values=1', { ...plain, limit: 5, cursor: 'x', values: true }],
  ];
  for (const [path, asked] of rows) {
    const answer = await send('GET', path);
    t.equal(answer.status, 200, path);
    t.match(node.keyListsAsked.pop(), { namespace: 'default', ...asked }, path);
  }
  t.strictSame((await send('GET', '/api/v1/kv')).json, { keys: ['clé'] });
  const wrong: readonly (readonly [path: string, field: string])[] = [
    ['?limit=0', 'limit'],
    ['?limit=1001', 'limit'],
    ['?limit=1.5', 'limit'],
    ['?values=yes', 'values'],
    ['?prefix=%ff', 'prefix'],
    [`?prefix=${'x'.repeat(1025)}`, 'prefix'],
    ['?siblings=list', 'siblings'],
    ['?prefix=a&prefix=b', 'prefix'],
    ['?key=a&prefix=b', 'prefix'],
  ];
  const before = node.keyListsAsked.length;
  for (const [query, field] of wrong) {
    const { json } = await send('GET', `/api/v1/kv${query}`);
    t.match(json, { status: 400, field }, query.slice(0, 40));
  }
  for (const headers of [{ 'X-Read-Repair': 'await' }, { 'X-Session-Token': 'a' }]) {
    t.equal((await send('GET', '/api/v1/kv', { headers })).status, 400);
  }
  t.equal(node.keyListsAsked.length, before, 'nothing was listed');
});

t.test('keys of a namespace lie below it', async (t) => {
  const { node, send } = await serve(t);
  await send('GET', '/api/v1/namespaces/shop/kv/a%2Fb');
  t.match(node.gets.pop(), { namespace: 'shop', key: 'a/b' });
  await send('PUT', '/api/v1/namespaces/shop/kv?key=..', { body: 'x' });
  t.match(node.puts.pop(), { namespace: 'shop', key: '..' });
  await send('DELETE', '/api/v1/namespaces/default/kv/a');
  t.match(node.puts.pop(), { namespace: 'default', key: 'a' });
  await send('GET', '/api/v1/namespaces/shop/kv?prefix=a');
  t.match(node.keyListsAsked.pop(), { namespace: 'shop', prefix: 'a' });
  const operations = [
    { op: 'get', key: 'a' },
    { op: 'get', key: 'b', namespace: 'other' },
  ];
  await send('POST', '/api/v1/namespaces/shop/batch', {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ operations }),
  });
  t.strictSame(
    node.gets.map(({ namespace, key }) => `${namespace} ${key}`),
    ['shop a', 'other b'],
  );
  for (const [method, path, status] of [
    ['DELETE', '/api/v1/namespaces/shop/kv/..', 400],
    ['GET', '/api/v1/namespaces/SHOP/kv/a', 404],
    ['GET', '/api/v1/namespaces/shop/kvs', 404],
    ['GET', '/api/v1/namespaces/shop%2Fkv/a', 404],
    ['GET', '/api/v1/namespaces//kv/a', 404],
    ['DELETE', '/api/v1/namespaces/shop', 400],
    ['DELETE', '/api/v1/namespaces/shop?confirm=other', 400],
    ['DELETE', '/api/v1/namespaces/shop?confirm=shop', 200],
  ] as const) {
    t.equal((await send(method, path)).status, status, `${method} ${path}`);
  }
});

t.test(
  'requests of namespaces that are there are counted, at their own default level',
  async (t) => {
    const { node, send } = await serve(t);
    await send('GET', '/api/v1/namespaces/shop/kv/k');
    t.ok(node.counted.includes('quorate_requests_total get one not_found answered'));
    t.ok(node.counted.includes('quorate_namespace_requests_total shop get answered'));
    node.counted.length = 0;
    await send('GET', '/api/v1/kv/k');
    await send('GET', '/api/v1/namespaces/guess/kv/k');
    t.notOk(node.counted.some((line) => line.startsWith('quorate_namespace_requests')));
  },
);

t.test('what comes later says so', async (t) => {
  const { node, send } = await serve(t);
  const rows = ['POST /api/v1/cluster/leave', 'POST /api/v1/backups', 'POST /api/v1/cluster/join'];
  for (const row of rows) {
    const [method = '', path = ''] = row.split(' ');
    t.match((await send(method, path)).json, { status: 501, code: 'not_implemented' }, row);
  }
  t.equal(node.gets.length + node.puts.length, 0);
});

t.test('other methods', async (t) => {
  const { send } = await serve(t);
  for (const method of ['POST', 'PATCH', 'OPTIONS']) {
    const answer = await send(method, '/api/v1/kv/a');
    t.match(answer.json, { status: 405, code: 'method_not_allowed' }, method);
    t.equal(answer.headers.allow, 'GET, HEAD, PUT, DELETE');
  }
  t.equal((await send('DELETE', '/api/v1/kv/a/conflicts')).headers.allow, 'GET, HEAD');
  t.equal((await send('GET', '/api/v1/kv/a/conflicts/resolve')).headers.allow, 'POST');
  t.equal((await send('PUT', '/api/v1/kv/versions?key=a')).headers.allow, 'GET, HEAD');
  const control = await send('PUT', '/api/v1/config/consistency');
  t.match(control.json, { status: 405 });
  t.equal(control.headers.allow, 'HEAD, GET, POST');
});
