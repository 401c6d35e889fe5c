/** A context that the nodes still take must come through the door, as the text that it is. */
import t from 'tap';
import { checkContext } from '../../../../lib/api/http/request-options.js';
import { assertRecordFits } from '../../../../lib/persistence/record-limits.js';
import { ContextSeal } from '../../../../lib/versioning/causal-context.js';
import type { VersionVector } from '../../../../lib/versioning/version-vector.js';

const seal = new ContextSeal(Buffer.alloc(32, 1));

function fits(vector: VersionVector, contextBytesMax: number): boolean {
  const siblings = { epoch: 1, context: { vector, beyond: [] }, versions: [] };
  try {
    assertRecordFits({ contextBytesMax, recordBytesMax: 1 }, siblings, new Uint8Array(0));
    return true;
  } catch {
    return false;
  }
}

t.test('whatever a record may have as context is taken back from a client', async (t) => {
  for (const contextBytesMax of [256, 8_192, 65_536]) {
    for (const node of ['n', 'node-17', 'x'.repeat(63)]) {
      const vector = new Map<string, number>();
      for (let start = 1; fits(vector, contextBytesMax); start += 1) {
        vector.set(`${node}.${start.toString(36)}.0123456789ab`, 2 ** 31 + start);
      }
      const last = [...vector.keys()].at(-1) ?? '';
      vector.delete(last);
      const text = seal.seal('default', 'k', 1, { vector, beyond: [] });
      t.ok(vector.size > 0 && fits(vector, contextBytesMax));
      t.doesNotThrow(
        () => checkContext(text, { contextBytesMax, timeoutMaxMilliseconds: 1 }),
        `${text.length} characters for ${contextBytesMax} bytes`,
      );
    }
  }
});
