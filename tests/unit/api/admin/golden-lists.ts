/** Golden requests and answers of lists of keys, and of namespaces. */
import { type FakeNode, found, versionOf, WRITER } from '../fake-node.js';
import type { Golden } from './golden-row.js';

const ANY_KEY = '/api/v1/kv';
const JSON_HEADERS = { 'Content-Type': 'application/json' };
const VALUE = {
  key: 'k',
  value: { a: 1 },
  version: `${WRITER}.5`,
  context: 'Q29udGV4dA',
  written_at: '2026-01-02T03:04:05.678Z',
};
const listed = (node: FakeNode): void => {
  const items = [
    { key: 'k', found: found(versionOf(5, 'application/json', '{"a":1}')) },
    { key: 'z', found: found(versionOf(5, 'application/json', '1'), versionOf(6, 'a/b', 'x')) },
  ];
  node.keyList = { items, cursor: 'TmV4dA', receipt: node.keyList.receipt };
};
const finished = (node: FakeNode): void => {
  const answer = { status: 200, headers: [], body: '{"version":"v"}', result: 'ok', version: 'v' };
  node.operations.report = { status: 'done', namespace: 'default', key: 'k', answer };
};
export const OPERATION_GOLDEN: readonly Golden[] = [
  {
    operation: 'GET /api/v1/operations/{id}',
    path: '/api/v1/operations/op',
    prepare: finished,
    status: 200,
    expected: { id: 'op', status: 'done', answer: { status: 200, body: { version: 'v' } } },
  },
  {
    operation: 'GET /api/v1/operations/{id}',
    path: '/api/v1/operations/op',
    prepare: (node) => {
      node.operations.report = undefined;
    },
    status: 404,
    expected: { code: 'not_found' },
  },
];
export const LIST_GOLDEN: readonly Golden[] = [
  {
    operation: `GET ${ANY_KEY}`,
    path: `${ANY_KEY}?prefix=k&limit=2`,
    prepare: listed,
    status: 200,
    expected: { keys: ['k', 'z'], cursor: 'TmV4dA' },
  },
  {
    operation: `GET ${ANY_KEY}`,
    path: `${ANY_KEY}?values=1`,
    prepare: listed,
    status: 200,
    expected: {
      items: [VALUE, { key: 'z', siblings: [{ value: 1 }, { value_base64: 'eA==' }] }],
      cursor: 'TmV4dA',
    },
  },
];

const NAMESPACE = '/api/v1/namespaces/{namespace}';
const SHOP = '/api/v1/namespaces/shop';
const RULES = {
  ...{ default_level: 'one', default_write_level: 'one', allowed_levels: ['one', 'quorum'] },
};
const SHOP_RULES = { namespace: 'shop', rules: RULES };
const SHOP_SHOWN = { ...SHOP_RULES, effective: { default_level: 'one', durability: 'sync' } };
export const NAMESPACE_GOLDEN: readonly Golden[] = [
  {
    operation: 'GET /api/v1/namespaces',
    path: '/api/v1/namespaces',
    status: 200,
    expected: { namespaces: [{ namespace: 'default', rules: {} }, SHOP_SHOWN] },
  },
  { operation: `GET ${NAMESPACE}`, path: SHOP, status: 200, expected: SHOP_SHOWN },
  {
    operation: `GET ${NAMESPACE}`,
    path: '/api/v1/namespaces/none',
    status: 404,
    expected: { code: 'namespace_not_found' },
  },
  {
    operation: `PUT ${NAMESPACE}`,
    path: `${SHOP}?dry_run=1`,
    sent: { headers: JSON_HEADERS, body: JSON.stringify(RULES) },
    status: 200,
    expected: { ...SHOP_RULES, version: 'v2', nodes: ['n1', 'n2'], dry_run: true },
  },
  {
    operation: `PUT ${NAMESPACE}`,
    path: SHOP,
    sent: { headers: JSON_HEADERS, body: '{"default_level":"nonsense"}' },
    status: 400,
  },
  {
    operation: `DELETE ${NAMESPACE}`,
    path: `${SHOP}?confirm=shop`,
    prepare: listed,
    status: 409,
    expected: { code: 'namespace_not_empty' },
  },
  {
    operation: `DELETE ${NAMESPACE}`,
    path: `${SHOP}?confirm=shop`,
    prepare: (node) => {
      node.keyList = { ...node.keyList, items: [] };
    },
    status: 200,
    expected: { namespace: 'shop', rules: null, version: 'v2' },
  },
  {
    operation: `GET ${NAMESPACE}/history`,
    path: `${SHOP}/history`,
    status: 200,
    expected: { namespace: 'shop', history: [{ node: 'n1', from: null, to: RULES }] },
  },
  { operation: `GET ${NAMESPACE}/conflicts`, path: `${SHOP}/conflicts`, status: 200 },
];
