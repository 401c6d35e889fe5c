/** Answers of reads: values, bytes, siblings, nothing; and their headers. */
import t from 'tap';
import { listShape, valueShape } from '../../../../lib/api/admin/data-shapes.js';
import { conflictsShape, versionsShape } from '../../../../lib/api/admin/history-routes.js';
import { ABSENT, found, RECEIPT, versionOf, WRITER } from '../fake-node.js';
import { serve } from '../served.js';

const PATH = '/api/v1/kv/k';
const JSON_TYPE = 'application/json';
const SOON = 1_767_323_105_678;

t.test('a JSON value', async (t) => {
  const { node, send } = await serve(t);
  node.answerGet = () => found(versionOf(5, JSON_TYPE, '{"a": 1.0, "é":"💥"}', SOON));
  const answer = await send('GET', PATH);
  t.equal(
    answer.text,
    `{"key":"k","value":{"a": 1.0, "é":"💥"},"version":"${WRITER}.5","context":"Q29udGV4dA",` +
      '"written_at":"2026-01-02T03:04:05.678Z","expires_at":"2026-01-02T03:05:05.678Z"}\n',
  );
  valueShape.parse(answer.json);
  t.match(answer.headers, {
    'content-type': JSON_TYPE,
    'content-length': String(answer.bytes.length),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-causal-context': 'Q29udGV4dA',
    'x-consistency-achieved': 'quorum',
    'x-replicas': '2/3',
    etag: `"${WRITER}.5:Q29udGV4"`,
  });
  t.notOk('x-durability' in answer.headers);
  t.notOk('access-control-allow-origin' in answer.headers);
});

t.test('bytes come back as they were stored, or as base64', async (t) => {
  const { node, send } = await serve(t);
  const bytes = Buffer.from([0, 128, 255, 10]);
  node.answerGet = () => found(versionOf(5, 'text/html', bytes, SOON));
  const raw = await send('GET', PATH);
  t.same(raw.bytes, bytes);
  t.match(raw.headers, {
    'content-type': 'text/html',
    'content-security-policy': 'sandbox',
    'x-written-at': '2026-01-02T03:04:05.678Z',
    'x-expires-at': '2026-01-02T03:05:05.678Z',
    etag: `"${WRITER}.5"`,
  });
  const json = await send('GET', PATH, { headers: { Accept: JSON_TYPE } });
  t.match(json.json, { value_base64: 'AID/Cg==', content_type: 'text/html', key: 'k' });
  valueShape.parse(json.json);
  t.not(json.headers.etag, raw.headers.etag, 'the tag differs by representation');
  const rows: readonly (readonly [accept: string, json: boolean])[] = [
    ['*/*', false],
    ['application/json, text/plain, */*', false],
    ['application/json, */*;q=0.8', true],
    ['application/json, text/html', false],
    ['application/json;q=0.5, text/*', false],
    ['text/*;q=0.5, Application/JSON', true],
    ['application/json;q=0', false],
    ['application/*', false],
  ];
  for (const [accept, expected] of rows) {
    const { headers } = await send('GET', PATH, { headers: { Accept: accept } });
    t.equal(headers['content-type'] === JSON_TYPE, expected, accept);
  }
});

t.test('HEAD tells the same without a body', async (t) => {
  const { node, send } = await serve(t);
  const states = [
    found(versionOf(5, JSON_TYPE, '"é"')),
    found(versionOf(5, 'image/png', 'xyz')),
    found(versionOf(5, JSON_TYPE, '1'), versionOf(6, JSON_TYPE, '2')),
    ABSENT,
  ];
  for (const state of states) {
    node.answerGet = () => state;
    const get = await send('GET', PATH, { headers: { 'X-Request-Id': 'same' } });
    const head = await send('HEAD', PATH, { headers: { 'X-Request-Id': 'same' } });
    t.equal(head.status, get.status);
    t.equal(head.bytes.length, 0);
    t.same({ ...head.headers, date: '' }, { ...get.headers, date: '' });
    t.equal(Number(head.headers['content-length']), get.bytes.length);
  }
});

t.test('siblings are a conflict, or a list', async (t) => {
  const { node, send } = await serve(t);
  node.answerGet = () =>
    found(versionOf(5, JSON_TYPE, '1.50'), versionOf(6, 'image/png', 'xyz', SOON));
  const conflict = await send('GET', PATH);
  t.equal(conflict.status, 409);
  t.match(conflict.headers, {
    'content-type': 'application/problem+json',
    'x-siblings': '2',
    'x-causal-context': 'Q29udGV4dA',
    'x-replicas': '2/3',
  });
  const siblings = [
    {
      value: 1.5,
      version: `${WRITER}.5`,
      written_at: '2026-01-02T03:04:05.678Z',
      written_by: 'n1',
    },
    {
      value_base64: 'eHl6',
      content_type: 'image/png',
      version: `${WRITER}.6`,
      written_at: '2026-01-02T03:04:05.678Z',
      expires_at: '2026-01-02T03:05:05.678Z',
      written_by: 'n1',
    },
  ];
  t.match(conflict.json, {
    code: 'siblings',
    status: 409,
    key: 'k',
    context: 'Q29udGV4dA',
    outcome: 'none',
    type: '/docs#problem-siblings',
  });
  t.same(conflict.json?.['siblings'], siblings);
  t.match(conflict.text, /"value":1\.50,/);
  const list = await send('GET', `${PATH}?siblings=list`);
  t.equal(list.status, 200);
  t.same(list.json, { key: 'k', context: 'Q29udGV4dA', siblings });
  listShape.parse(list.json);
  const view = await send('GET', `${PATH}/conflicts`);
  conflictsShape.parse(view.json);
  t.match(view.json, { key: 'k', in_conflict: true, resolutions: [] });
  t.match(view.text, /"dot":\{"writer":"n1.1.0123456789ab","n":5\},"relation":"concurrent"/);
});

t.test('nothing, and the context of a tombstone', async (t) => {
  const { node, send } = await serve(t);
  const absent = await send('GET', PATH);
  t.match(absent.json, { status: 404, code: 'not_found', key: 'k', retryable: false });
  t.notOk('context' in (absent.json ?? {}));
  t.match(absent.headers, { 'x-consistency-achieved': 'quorum', 'x-replicas': '2/3' });
  t.match((await send('GET', `${PATH}/conflicts`)).json, { status: 404 });
  const list = await send('GET', `${PATH}?siblings=list`);
  t.same(list.json, { key: 'k', siblings: [] });
  listShape.parse(list.json);
  node.answerGet = () => found();
  const deleted = await send('GET', PATH);
  t.match(deleted.json, { status: 404, context: 'Q29udGV4dA' });
  t.equal(deleted.headers['x-causal-context'], 'Q29udGV4dA');
  const view = await send('GET', `${PATH}/conflicts`);
  t.match(view.json, { in_conflict: false, siblings: [] });
  t.equal(view.status, 200);
  conflictsShape.parse(view.json);
});

t.test('versions, and one of them', async (t) => {
  const { node, send } = await serve(t);
  node.answerGet = () => found(versionOf(5, JSON_TYPE, '1'));
  node.kept = [{ version: `${WRITER}.4`, contentType: 'a/b', bytes: 7, writtenAt: 0 }];
  const list = await send('GET', `${PATH}/versions`);
  versionsShape.parse(list.json);
  t.match(list.json, {
    versions: [{ state: 'current' }, { state: 'kept', written_at: '1970-01-01T00:00:00.000Z' }],
  });
  const one = await send('GET', `${PATH}?version=${WRITER}.5`);
  t.match(one.json, { value: 1, version: `${WRITER}.5` });
  t.notOk('x-causal-context' in one.headers, 'a version of the past is no context to write with');
  t.match(node.gets.at(-1), { version: `${WRITER}.5` });
  node.answerGet = () => found();
  const gone = await send('GET', `${PATH}?version=${WRITER}.4`);
  t.match(gone.json, { status: 404, detail: /keeps this version/ });
  node.kept = [];
  node.answerGet = () => ABSENT;
  t.equal((await send('GET', `${PATH}/versions`)).status, 404);
});

t.test('304 for a tag that still holds', async (t) => {
  const { node, send } = await serve(t);
  node.answerGet = () => found(versionOf(5, JSON_TYPE, '1'));
  const { headers } = await send('GET', PATH);
  const tag = headers.etag ?? '';
  for (const [sent, status] of [
    [tag, 304],
    [`"x", ${tag}`, 304],
    [`W/${tag}`, 304],
    ['*', 304],
    ['"x"', 200],
    [`"${WRITER}.5"`, 200],
  ] as const) {
    const answer = await send('GET', PATH, { headers: { 'If-None-Match': sent } });
    t.equal(answer.status, status, sent);
    t.equal(answer.headers.etag, tag);
    t.equal(answer.bytes.length === 0, status === 304);
  }
  node.answerGet = () => ABSENT;
  t.equal((await send('GET', PATH, { headers: { 'If-None-Match': '*' } })).status, 404);
});

t.test('stand-ins are reported', async (t) => {
  const { node, send } = await serve(t);
  const receipt = { ...RECEIPT, level: 'any', answered: 1, standIns: 1, durability: 'os' } as const;
  node.answerPut = () => ({ version: 'v', context: 'c', replaced: [], beside: [], receipt });
  const answer = await send('PUT', PATH, { body: 'x' });
  t.match(answer.headers, {
    'x-replicas': '1/3; stand-ins=1',
    'x-durability': 'os',
    etag: '"v"',
  });
  t.same(answer.json?.['replaced'], []);
});
