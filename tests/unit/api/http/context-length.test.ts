/** Whatever context the cluster has handed out comes back through the door as the text it is. */
import t from 'tap';
import type { RequestHeaders } from '../../../../lib/api/http/request-headers.js';
import { bodyBytesMax } from '../../../../lib/api/http/put-body.js';
import { writeOptions } from '../../../../lib/api/http/request-options.js';
import { assertRecordFits } from '../../../../lib/persistence/record-limits.js';
import { ContextSeal } from '../../../../lib/versioning/causal-context.js';
import type { VersionVector } from '../../../../lib/versioning/version-vector.js';

const seal = new ContextSeal(Buffer.alloc(32, 1), () => 'c');
const NOTHING = new Uint8Array(0);

function fits(vector: VersionVector, contextBytesMax: number): boolean {
  const siblings = { epoch: 1, context: { vector, beyond: [], stamp: 1.8e15 }, versions: [] };
  const limits = { contextBytesMax, recordBytesMax: 1 };
  try {
    assertRecordFits(limits, undefined, undefined, { siblings, bytes: NOTHING }, false);
    return true;
  } catch {
    return false;
  }
}

/** As large as a record may have. */
function largest(node: string, contextBytesMax: number): Map<string, number> {
  const vector = new Map<string, number>();
  for (let start = 1; fits(vector, contextBytesMax); start += 1) {
    vector.set(`${node}.${start.toString(36)}.0123456789ab`, 2 ** 31 + start);
  }
  vector.delete([...vector.keys()].at(-1) ?? '');
  return vector;
}

t.test('of records at the limit, and of what nine owners merge into', async (t) => {
  for (const contextBytesMax of [256, 8_192, 65_536]) {
    for (const node of ['n', 'node-17', 'x'.repeat(63)]) {
      const vector = largest(node, contextBytesMax);
      for (const side of 'qrstuvwy') {
        for (const [writer, n] of largest(`${node.slice(1)}${side}`, contextBytesMax)) {
          vector.set(writer, n);
        }
      }
      const context = seal.seal('default', 'k', 1, { vector, beyond: [], stamp: 1.8e15 });
      // The rule of the settings: all headers together hold ten at the limit.
      t.ok(context.length < 1.5 * 10 * contextBytesMax, `${context.length} characters`);
      const limits = { contextBytesMax, timeoutMaxMilliseconds: 1, valueBytesMax: 1 };
      const body = bodyBytesMax('application/json', limits);
      t.ok(context.length < body - limits.valueBytesMax, 'a body has room for it, too');
      const headers = { context } as RequestHeaders;
      t.doesNotThrow(() => writeOptions(headers, limits), `${context.length} characters`);
    }
  }
});
