/** Which operation a method is on a resource of keys, and of which kind (docs/http-api.md). */
import type { DataResource } from './data-target.js';
import type { HttpExchangeKind } from './exchange.js';

export type DataOperation = 'get' | 'put' | 'delete' | 'resolve';

export const ROUTES: Readonly<Record<DataResource, string>> = {
  value: '/api/v1/kv/:key',
  conflicts: '/api/v1/kv/:key/conflicts',
  resolve: '/api/v1/kv/:key/conflicts/resolve',
  versions: '/api/v1/kv/:key/versions',
};
export const KINDS: Readonly<Record<DataOperation, HttpExchangeKind>> = {
  get: kindOf('get', ROUTES.value),
  put: kindOf('put', ROUTES.value),
  delete: kindOf('delete', ROUTES.value),
  resolve: kindOf('resolve', ROUTES.resolve),
};
export const LIST = kindOf('list', '/api/v1/kv');
/** A request that no operation answers changes nothing either. */
export const REFUSED: HttpExchangeKind = {
  operation: 'other',
  reads: true,
  shed: true,
  route: ROUTES.value,
};

const READS: ReadonlyMap<string, DataOperation> = new Map([
  ['GET', 'get'],
  ['HEAD', 'get'],
]);
export const METHODS: Readonly<Record<DataResource, ReadonlyMap<string, DataOperation>>> = {
  value: new Map([...READS, ['PUT', 'put'], ['DELETE', 'delete']]),
  conflicts: READS,
  resolve: new Map([['POST', 'resolve']]),
  versions: READS,
};
export const OPERATIONS = new Map([...METHODS.value, ...METHODS.resolve]);

function kindOf(operation: DataOperation | 'list', route: string): HttpExchangeKind {
  const reads = operation === 'get' || operation === 'list';
  return { operation, reads, shed: true, explains: true, route };
}
