/** The namespace of a key that a control request is about: `?namespace=`. */
import { DEFAULT_NAMESPACE } from '../../partitioning/namespace.js';
import { parameter, type Query } from '../http/query.js';
import type { ParameterRow } from './route.js';

export const NAMESPACE_PARAMETER: ParameterRow = {
  name: 'namespace',
  in: 'query',
  description: 'Of the key; without it the default one.',
};

export function namespaceIn(query: Query): string {
  return parameter(query, 'namespace') ?? DEFAULT_NAMESPACE;
}
