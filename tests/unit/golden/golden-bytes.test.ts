/** Golden bytes of all formats, and the rule that guards them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { goldenFindings, recordGolden } from './golden-bytes.js';
import { GOLDEN_SETS } from './golden-sets.js';
import { heldTicketKey, PREFIX, SINGLE_KEYS } from '../../../lib/persistence/keyspace.js';

for (const set of GOLDEN_SETS) {
  t.test(`${set.file} is as it was`, async (t) => {
    t.same(goldenFindings(set), []);
  });
}

t.test('every kind of key that a node stores has its bytes', async (t) => {
  const { bytes } = GOLDEN_SETS.find(({ versionName }) => versionName === 'STORED_FORMAT') ?? {};
  const keys = [...(bytes?.keys() ?? [])].filter((key) => key !== 'any value');
  for (const prefix of Object.values(PREFIX)) {
    t.ok(
      keys.some((key) => key.startsWith(prefix)),
      prefix,
    );
  }
  const known: string[] = [...Object.values(SINGLE_KEYS), heldTicketKey('n2')];
  const own = keys.filter((key) => key.startsWith(PREFIX.single));
  t.strictSame(own.sort(), known.sort());
});

t.test('a change needs a new version, an addition does not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'golden-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const setOf = (version: number, bytes: Record<string, number>) => ({
    file: join(folder, 'x.json'),
    versionName: 'VERSION',
    version,
    bytes: new Map(Object.entries(bytes).map(([name, byte]) => [name, Uint8Array.of(byte)])),
  });
  const first = setOf(1, { a: 1, b: 2 });
  t.match(goldenFindings(first), [/of version 0, VERSION is 1/]);
  recordGolden(first);
  t.same(goldenFindings(first), []);
  const changed = setOf(1, { a: 1, b: 3 });
  t.match(goldenFindings(changed), [/^b is 03, was 02: raise VERSION/]);
  t.throws(() => recordGolden(changed), /raise VERSION/, 'and cannot be recorded');
  t.match(goldenFindings(setOf(1, { a: 1 })), [/^b is gone: raise VERSION/]);
  t.match(goldenFindings(setOf(1, { a: 1, b: 2, c: 3 })), [/^c is not recorded/]);
  recordGolden(setOf(1, { a: 1, b: 2, c: 3 }));
  recordGolden(setOf(2, { a: 1, b: 3 }));
  t.same(goldenFindings(setOf(2, { a: 1, b: 3 })), []);
  t.throws(() => recordGolden(setOf(1, { a: 1, b: 3 })), /below the recorded version/);
});
