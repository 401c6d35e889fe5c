/** What users of the package may import. */
export type {
  Coordination,
  GetAnswer,
  GetRequest,
  PutAnswer,
  PutRequest,
} from './coordination/request/request.js';
export type { Environment } from './environment/environment.js';
export { ERROR_CODES, type ErrorCode, OperatingError } from './errors.js';
export { createNode, type QuorateNode } from './node.js';
export type { NodeLimits, NodeOptions } from './node-options.js';
