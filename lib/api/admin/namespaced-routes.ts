/** What the document says of the keys of a namespace: the same as of others, below its path. */
import { RATE } from './answer-header-rows.js';
import { BATCH_ROUTE } from './batch-route.js';
import { DATA_ROUTES } from './data-routes.js';
import { HISTORY_ROUTES } from './history-routes.js';
import type { ParameterRow, RouteDescription } from './route.js';

const NAMESPACE: ParameterRow = {
  name: 'namespace',
  in: 'path',
  description: 'The name of the namespace.',
};
const ABOUT_KEYS = [...DATA_ROUTES, ...HISTORY_ROUTES, BATCH_ROUTE].map(
  (row): RouteDescription => ({ ...row, everyAnswer: RATE }),
);

export const KEY_ROUTES: readonly RouteDescription[] = [
  ...ABOUT_KEYS,
  ...ABOUT_KEYS.map((row) => ({
    ...row,
    path: row.path.replace('/api/v1/', '/api/v1/namespaces/:namespace/'),
    operationId: `${row.operationId}InNamespace`,
    summary: `${row.summary}; in a namespace`,
    parameters: [NAMESPACE, ...row.parameters],
  })),
];
