/** What is sent under an Idempotency-Key: writes, resolutions, batches; in two namespaces. */
import { DEFAULT_NAMESPACE } from '../../lib/partitioning/namespace.js';
import type { HttpRequest } from './http-answers.js';
import { askedNamespace, nameOf } from './key-names.js';
import { rootOf } from './kv-request.js';
import type { SeededRandom } from './seeded-random.js';

/** One write; in a batch each has an id of its own. */
export interface OperationPart {
  readonly id: string;
  /** As histories name it. */
  readonly key: string;
  known: 'applied' | 'none' | undefined;
}

/** What is sent again until somebody says what became of it. */
export interface Sending {
  readonly id: string;
  readonly request: HttpRequest;
  readonly isBatch: boolean;
  readonly parts: readonly OperationPart[];
}

/** Where a key of these clients is. */
export interface OperationPlace {
  readonly namespace: string;
  readonly key: string;
}

export const OPERATION_KEYS: readonly string[] = ['op1', 'op2', 'op3'];
/** It is made once, with siblings in it that can be resolved. */
export const OPERATIONS_IN = { name: 'orders', stored: 'orders~1' };
export const OPERATION_RULES = { blind_writes: 'sibling', default_write_level: 'one' };
/** Where writes without a context leave each other. */
export const SIBLINGS_IN = [OPERATIONS_IN.stored];
const NAMESPACES = [DEFAULT_NAMESPACE, DEFAULT_NAMESPACE, OPERATIONS_IN.stored];
const JSON_TYPE = { 'Content-Type': 'application/json' };

export function drawPlace(random: SeededRandom, namespaces = NAMESPACES): OperationPlace {
  return { namespace: random.pick(namespaces), key: random.pick(OPERATION_KEYS) };
}

/** @param version that the key was last seen to hold */
export function singleWrite(
  random: SeededRandom,
  id: string,
  place: OperationPlace,
  version: string | undefined,
): Sending {
  const condition = random.pick(['none', 'none', 'match', 'absent']);
  const headers: Record<string, string> = {
    ...{ ...JSON_TYPE, 'Idempotency-Key': id },
    ...(condition === 'absent' ? { 'If-None-Match': '*' } : {}),
    ...(condition === 'match' && version !== undefined ? { 'If-Match': `"${version}"` } : {}),
  };
  const path = pathOf(place);
  const isDelete = condition !== 'absent' && random.chance(0.2);
  const request = isDelete
    ? { method: 'DELETE', path, headers, body: undefined }
    : { method: 'PUT', path, headers, body: JSON.stringify({ value: id }) };
  return one(id, place, request);
}

/** By a value, of what the context has shown. */
export function resolution(id: string, place: OperationPlace, context: string): Sending {
  return one(id, place, {
    ...{ method: 'POST', path: `${pathOf(place)}/conflicts/resolve` },
    headers: { ...JSON_TYPE, 'Idempotency-Key': id },
    body: JSON.stringify({ context, value: id }),
  });
}

/** Writes of several keys, and a read. */
export function batchOf(random: SeededRandom, id: string): Sending {
  const places = NAMESPACES.slice(1).flatMap((namespace) =>
    OPERATION_KEYS.map((key) => ({ namespace, key })),
  );
  const [read, ...written] = random.shuffle(places).slice(0, 2 + random.below(3));
  const rows = written.map(({ namespace, key }, place) => {
    const named = { namespace: askedNamespace(namespace), key };
    const isDelete = random.chance(0.2);
    return isDelete ? { op: 'delete', ...named } : { op: 'put', ...named, value: `${id} ${place}` };
  });
  const looked = read && { op: 'get', namespace: askedNamespace(read.namespace), key: read.key };
  return {
    id,
    isBatch: true,
    parts: written.map((place, i) => {
      return { id: `${id} ${i}`, key: nameOf(place), known: undefined };
    }),
    request: {
      ...{ method: 'POST', path: '/api/v1/batch' },
      headers: { ...JSON_TYPE, 'Idempotency-Key': id },
      body: JSON.stringify({ operations: looked === undefined ? rows : [...rows, looked] }),
    },
  };
}

export function pathOf({ namespace, key }: OperationPlace): string {
  return `${rootOf(namespace)}/kv/${key}`;
}

function one(id: string, place: OperationPlace, request: HttpRequest): Sending {
  return { id, request, isBatch: false, parts: [{ id, key: nameOf(place), known: undefined }] };
}
