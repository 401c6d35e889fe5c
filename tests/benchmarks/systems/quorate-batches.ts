/** Works of Quorate that put many operations into one request: target P6. */
import type { PlainRequest, Work } from '../system.js';

const SIZE = 100;
const PATH = '/api/v1/batch';

interface Answer {
  readonly failed: number;
  readonly results: readonly { readonly value?: string }[];
}

function batchOf(
  level: string,
  writes: boolean,
  operationOf: (key: string, value: string) => object,
): Work {
  const request = (rows: readonly (readonly [key: string, value: string])[]): PlainRequest => ({
    method: 'POST',
    path: PATH,
    body: JSON.stringify({ operations: rows.map(([key, value]) => operationOf(key, value)) }),
  });
  return {
    headers: { 'X-Consistency-Level': level, 'Content-Type': 'application/json' },
    request: (key, value) => request([[key, value]]),
    batch: { size: SIZE, request },
    valueIn: writes ? undefined : valueIn,
    writes,
  };
}

/** Of a batch of one. */
function valueIn(body: string): string {
  const { failed, results } = JSON.parse(body) as Answer;
  return failed === 0 ? (results[0]?.value ?? '') : '';
}

export const BATCH_WORKS: ReadonlyMap<string, Work> = new Map([
  ['batch put quorum', batchOf('quorum', true, (key, value) => ({ op: 'put', key, value }))],
  ['batch get one', batchOf('one', false, (key) => ({ op: 'get', key }))],
]);
