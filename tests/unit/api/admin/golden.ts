/** Golden requests and answers: at least one for every operation of the document. */
import {
  ABSENT,
  type FakeNode,
  found,
  versionOf,
  WRITER,
  WRITTEN,
  WRITTEN_AT,
} from '../fake-node.js';
import type { Sent } from '../served.js';
import { LIST_GOLDEN, NAMESPACE_GOLDEN, OPERATION_GOLDEN } from './golden-lists.js';
import type { Golden } from './golden-row.js';

const KEY = '/api/v1/kv/{key}';
const ANY_KEY = '/api/v1/kv';
const CONFIG = '/api/v1/config/consistency';
const JSON_HEADERS = { 'Content-Type': 'application/json' };
const one = (node: FakeNode): void => {
  node.answerGet = () => found(versionOf(5, 'application/json', '{"a":1}'));
};
const two = (node: FakeNode): void => {
  node.answerGet = () => found(versionOf(5, 'application/json', '1'), versionOf(6, 'a/b', 'x'));
};
const none = (node: FakeNode): void => {
  node.answerGet = () => ABSENT;
};
const VALUE = {
  key: 'k',
  value: { a: 1 },
  version: `${WRITER}.5`,
  context: 'Q29udGV4dA',
  written_at: '2026-01-02T03:04:05.678Z',
};
const PUT = { headers: JSON_HEADERS, body: '{"value":{"a":1},"ttl":60}' };
const CHANGE = { headers: JSON_HEADERS, body: '{"default_level":"one"}' };

const keys = [
  { of: KEY, path: '/api/v1/kv/k', and: '?' },
  { of: ANY_KEY, path: '/api/v1/kv?key=k', and: '&' },
].flatMap(({ of, path, and }): Golden[] => [
  { operation: `GET ${of}`, path, prepare: one, status: 200, expected: VALUE },
  { operation: `GET ${of}`, path, prepare: two, status: 409, expected: { code: 'siblings' } },
  {
    operation: `GET ${of}`,
    path,
    prepare: one,
    sent: { headers: { 'If-None-Match': '*' } },
    status: 304,
  },
  {
    operation: `GET ${of}`,
    path: `${path}${and}siblings=list`,
    prepare: two,
    status: 200,
    expected: { key: 'k', siblings: [{ value: 1 }, { value_base64: 'eA==', content_type: 'a/b' }] },
  },
  { operation: `GET ${of}`, path, prepare: none, status: 404, expected: { code: 'not_found' } },
  { operation: `HEAD ${of}`, path, prepare: none, status: 404 },
  { operation: `HEAD ${of}`, path, prepare: one, status: 200 },
  {
    operation: `PUT ${of}`,
    path,
    sent: PUT,
    status: 200,
    expected: { key: 'k', version: WRITTEN.version, context: 'TmV3', replaced: WRITTEN.replaced },
  },
  {
    operation: `PUT ${of}`,
    path,
    sent: { ...PUT, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
    status: 415,
    expected: { code: 'unsupported_media_type', outcome: 'none', retryable: false },
  },
  { operation: `DELETE ${of}`, path, status: 200, expected: { key: 'k' } },
]);

const audited = (node: FakeNode): void => {
  two(node);
  const row = { bytes: 1, writtenAt: WRITTEN_AT };
  node.resolutions = [
    {
      ...{ at: WRITTEN_AT / 1000, strategy: 'max', by: 'n2', kept: `${WRITER}.4` },
      dropped: [
        {
          ...row,
          version: `${WRITER}.1`,
          contentType: 'application/json',
          value: Buffer.from('1'),
        },
        { ...row, version: `${WRITER}.2`, contentType: 'a/b', value: Buffer.from('x') },
        { ...row, version: `${WRITER}.3`, contentType: 'a/b', value: undefined },
      ],
    },
  ];
  node.kept = [{ ...row, version: `${WRITER}.2`, contentType: 'a/b' }];
};
const RESOLVE = { headers: JSON_HEADERS, body: '{"context":"abc","strategy":"max"}' };

const history = [
  { of: KEY, path: (resource: string) => `/api/v1/kv/k/${resource}` },
  { of: ANY_KEY, path: (resource: string) => `/api/v1/kv/${resource}?key=k` },
].flatMap(({ of, path }): Golden[] => [
  {
    operation: `GET ${of}/conflicts`,
    path: path('conflicts'),
    prepare: audited,
    status: 200,
    expected: {
      in_conflict: true,
      siblings: [{ relation: 'concurrent', dot: { n: 5 } }, {}],
      resolutions: [
        {
          ...{ at: '2026-01-02T03:04:05.678Z', strategy: 'max', by: 'n2', kept: `${WRITER}.4` },
          dropped: [
            { version: `${WRITER}.1`, value: 1, written_by: 'n1' },
            { value_base64: 'eA==', content_type: 'a/b' },
            { value_left_out: true, bytes: 1 },
          ],
        },
      ],
    },
  },
  { operation: `GET ${of}/conflicts`, path: path('conflicts'), prepare: none, status: 404 },
  { operation: `HEAD ${of}/conflicts`, path: path('conflicts'), prepare: audited, status: 200 },
  { operation: `HEAD ${of}/versions`, path: path('versions'), prepare: audited, status: 200 },
  {
    operation: `POST ${of}/conflicts/resolve`,
    path: path('conflicts/resolve'),
    sent: RESOLVE,
    status: 200,
    expected: { key: 'k', version: WRITTEN.version, replaced: WRITTEN.replaced },
  },
  {
    operation: `POST ${of}/conflicts/resolve`,
    path: `${path('conflicts/resolve')}${of === KEY ? '?' : '&'}dry_run=1`,
    sent: RESOLVE,
    status: 200,
    expected: { key: 'k', dry_run: true, value: ['a', 'b'], replaced: WRITTEN.replaced },
  },
  {
    operation: `POST ${of}/conflicts/resolve`,
    path: path('conflicts/resolve'),
    sent: { ...RESOLVE, body: '{"context":"abc"}' },
    status: 400,
    expected: { code: 'invalid_request', field: 'strategy', outcome: 'none' },
  },
  {
    operation: `GET ${of}/versions`,
    path: path('versions'),
    prepare: (node) => {
      audited(node);
      one(node);
    },
    status: 200,
    expected: {
      key: 'k',
      versions: [
        { version: `${WRITER}.5`, state: 'current', content_type: 'application/json', bytes: 7 },
        { version: `${WRITER}.2`, state: 'kept', content_type: 'a/b', bytes: 1 },
      ],
    },
  },
]);

const BATCH = '/api/v1/batch';
const batchOf = (operations: string): Sent => ({
  headers: JSON_HEADERS,
  body: `{"operations":[${operations}]}`,
});
const GET_AND_PUT = '{"op":"get","key":"k"},{"op":"put","key":"l","value":1,"level":"one"}';
const PUT_RESULT = {
  ...{ status: 200, key: 'l', version: WRITTEN.version, replaced: WRITTEN.replaced },
  receipt: { level: 'quorum', replicas: '2/3', durability: 'sync' },
};
const batches: readonly Golden[] = [
  {
    ...{ operation: `POST ${BATCH}`, path: BATCH, prepare: one, status: 200 },
    sent: batchOf(`${GET_AND_PUT},{"op":"delete","key":"m","context":"abc"}`),
    expected: { failed: 0, results: [{ ...VALUE, status: 200 }, PUT_RESULT, { key: 'm' }] },
  },
  {
    ...{ operation: `POST ${BATCH}`, path: BATCH, prepare: none, status: 207 },
    sent: batchOf(GET_AND_PUT),
    expected: { failed: 1, results: [{ status: 404, code: 'not_found' }, PUT_RESULT] },
  },
  {
    ...{ operation: `POST ${BATCH}`, path: BATCH, prepare: two, status: 207 },
    sent: batchOf('{"op":"get","key":"k"}'),
    expected: {
      failed: 1,
      results: [{ status: 409, code: 'siblings', siblings: [{ value: 1 }, {}] }],
    },
  },
  {
    ...{ operation: `POST ${BATCH}`, path: BATCH, status: 400 },
    sent: batchOf('{"op":"get","key":"k"},{"op":"got","key":"l"}'),
    expected: { code: 'invalid_request', field: 'op', index: 1, outcome: 'none' },
  },
];

const aboutKeys = [...keys, ...LIST_GOLDEN, ...history, ...batches];
/** The same below the path of a namespace. */
const inShop = aboutKeys.map((row): Golden => {
  const operation = row.operation.replace('/api/v1/', '/api/v1/namespaces/{namespace}/');
  return { ...row, operation, path: row.path.replace('/api/v1/', '/api/v1/namespaces/shop/') };
});

export const GOLDEN: readonly Golden[] = [
  ...aboutKeys,
  ...inShop,
  ...OPERATION_GOLDEN,
  ...NAMESPACE_GOLDEN,
  {
    operation: 'GET /api/v1/conflicts',
    path: '/api/v1/conflicts?limit=1',
    status: 200,
    expected: {
      conflicts: [{ namespace: 'default', key: 'k/1', since: '2026-01-02T03:04:05.678Z' }],
      cursor: 'bmV4dA',
      unanswered: ['n3'],
    },
  },
  {
    operation: 'GET /api/v1/conflicts',
    path: '/api/v1/conflicts?limit=0',
    status: 400,
    expected: { code: 'invalid_request', field: 'limit' },
  },
  { operation: 'GET /api/v1', path: '/api/v1', status: 200, expected: { api_versions: ['v1'] } },
  { operation: `GET ${CONFIG}`, path: CONFIG, status: 200, expected: { version: 'v1' } },
  {
    operation: `POST ${CONFIG}`,
    path: `${CONFIG}?dry_run=1`,
    sent: CHANGE,
    status: 200,
    expected: { settings: { default_level: 'one' }, dry_run: true },
  },
  {
    operation: `POST ${CONFIG}`,
    path: CONFIG,
    sent: { ...CHANGE, headers: { ...JSON_HEADERS, 'If-Match': '"v0"' } },
    status: 412,
    expected: { code: 'precondition_failed' },
  },
  { operation: `GET ${CONFIG}/history`, path: `${CONFIG}/history`, status: 200 },
  {
    operation: `POST ${CONFIG}/rollback`,
    path: `${CONFIG}/rollback`,
    sent: { headers: JSON_HEADERS, body: '{"version":"v1"}' },
    status: 200,
    expected: { settings: { default_level: 'quorum' } },
  },
  { operation: 'GET /api/v1/cluster/status', path: '/api/v1/cluster/status', status: 200 },
  { operation: 'GET /api/v1/cluster/ring', path: '/api/v1/cluster/ring', status: 200 },
  {
    operation: 'GET /api/v1/cluster/locate/{key}',
    path: '/api/v1/cluster/locate/k',
    status: 200,
    expected: { key: 'k', primaries: [{ node: 'n1' }] },
  },
  {
    operation: 'GET /api/v1/cluster/locate',
    path: '/api/v1/cluster/locate?key=k',
    status: 200,
    expected: { key: 'k' },
  },
  {
    operation: 'GET /api/v1/cluster/levels',
    path: '/api/v1/cluster/levels',
    status: 200,
    expected: { node: 'n1', levels: [{ level: 'any', writes: 2 }] },
  },
  ...['/api/v1/cluster/copies/k', '/api/v1/cluster/copies?key=k'].map((path, i) => ({
    operation: `GET /api/v1/cluster/copies${i === 0 ? '/{key}' : ''}`,
    path,
    status: 200,
    expected: {
      key: 'k',
      copies: [
        { node: 'n1', said: 'holds', versions: [{ state: 'value', written_by: 'n1' }] },
        { node: 'n2', said: 'down', complete: false, versions: [] },
      ],
    },
  })),
  { operation: 'GET /api/v1/cluster/copies', path: '/api/v1/cluster/copies', status: 400 },
  {
    operation: 'GET /api/v1/cluster/convergence',
    path: '/api/v1/cluster/convergence',
    status: 200,
    expected: {
      nodes: [{ node: 'n1', exchanges: [{ peer: 'n2', at: '2026-01-02T03:04:05.678Z' }] }],
      unanswered: ['n3'],
    },
  },
  {
    operation: 'GET /api/v1/cluster/events',
    path: '/api/v1/cluster/events?limit=1',
    status: 200,
    expected: {
      events: [{ node: 'n1', at: '2026-01-02T03:04:05.678Z', event: 'peer is down', times: 2 }],
      unanswered: ['n3'],
    },
  },
  {
    operation: 'GET /api/v1/cluster/events',
    path: '/api/v1/cluster/events?limit=0',
    status: 400,
    expected: { code: 'invalid_request', field: 'limit' },
  },
  {
    operation: 'GET /api/v1/cluster/hints',
    path: '/api/v1/cluster/hints',
    status: 200,
    expected: { hints: [{ holder: 'n1', target: 'n2', count: 1 }], unanswered: ['n3'] },
  },
  {
    operation: 'POST /api/v1/cluster/exchange',
    path: '/api/v1/cluster/exchange?dry_run=1',
    sent: { headers: JSON_HEADERS, body: '{"partition":7}' },
    status: 200,
    expected: {
      dry_run: true,
      nodes: [{ node: 'n1', peers: [{ peer: 'n2', differences: 1, keys: [{ partition: 7 }] }] }],
    },
  },
  {
    operation: 'POST /api/v1/cluster/exchange',
    path: '/api/v1/cluster/exchange',
    sent: { headers: JSON_HEADERS, body: '{"partitions":7}' },
    status: 400,
  },
  { operation: 'GET /healthz', path: '/healthz', status: 200, expected: { status: 'ok' } },
  { operation: 'GET /readyz', path: '/readyz', status: 200, expected: { ready: true } },
  { operation: 'GET /readyz', path: '/readyz?level=all', status: 503 },
  { operation: 'GET /metrics', path: '/metrics', status: 200, expected: 'x 1' },
  { operation: 'GET /', path: '/', status: 200, expected: 'Quorate' },
  { operation: 'GET /openapi.json', path: '/openapi.json', status: 200 },
  { operation: 'GET /docs', path: '/docs', status: 200, expected: '<!doctype html>' },
  { operation: 'GET /docs/style.css', path: '/docs/style.css', status: 200, expected: 'body' },
  { operation: 'GET /docs/copy.js', path: '/docs/copy.js', status: 200, expected: 'copied' },
];
