/** Whose table is it? Its first key tells, whatever its length and however it is compressed. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  changeNumbersOf,
  firstKeyOf,
  tableHeadBytes,
} from '../../../lib/platform/leveldb-content.js';
import { inspect } from '../../../lib/platform/leveldb-inspection.js';
import { readManifest } from '../../../lib/platform/leveldb-manifest.js';
import { openLevelStorage } from '../../../lib/platform/leveldb-storage.js';
import { noise, SIZES } from './engine-folder.js';

const root = t.testdir();
/** Below, the value of the first key, and what else is in its block. */
const VALUES = {
  'values that do not compress': (i: number) => noise(500, i + 1),
  'values that do': () => new Uint8Array(500),
  'empty values': () => new Uint8Array(),
  'values like their keys': (i: number) => Buffer.from(`${'key'.repeat(100)}${i}`),
};
const KEYS = {
  'short keys': (i: number) => `k${i + 100}`,
  'long keys that repeat': (i: number) => `${'key'.repeat(500)}${i + 100}`,
  'long keys that do not': (i: number) =>
    `${Buffer.from(noise(900, 7)).toString('latin1')}${i + 100}`,
  'one byte': (i: number) => String.fromCharCode(65 + i),
};

async function write(
  directory: string,
  entries: readonly (readonly [string, Uint8Array])[],
): Promise<void> {
  const storage = await openLevelStorage({ directory, ...SIZES });
  for (const [key, value] of entries) {
    await storage.write([{ type: 'put', key, value }], { sync: false });
  }
  await storage.compact();
  await storage.close();
}

for (const [keyTitle, keyOf] of Object.entries(KEYS)) {
  for (const [valueTitle, contentOf] of Object.entries(VALUES)) {
    t.test(`${keyTitle}, ${valueTitle}`, async (t) => {
      const directory = mkdtempSync(join(root, 'table-'));
      const count = 20;
      await write(
        directory,
        Array.from({ length: count }, (_, i) => [keyOf(i), contentOf(i)] as const),
      );
      const names = readdirSync(directory);
      const manifest = names.find((name) => name.startsWith('MANIFEST')) ?? '';
      const { tables } = readManifest(readFileSync(join(directory, manifest)));
      t.ok(tables.size > 0);
      for (const [number, { firstKey }] of tables) {
        const name = names.find((one) => one === `${String(number).padStart(6, '0')}.ldb`) ?? '';
        const bytes = readFileSync(join(directory, name));
        const head = bytes.subarray(0, tableHeadBytes(firstKey.length));
        const found = firstKeyOf(head, firstKey.length);
        t.strictSame(found && Buffer.from(found), Buffer.from(firstKey), name);
      }
      t.strictSame(await inspect(directory), { bad: [] });
    });
  }
}

t.test('bytes that are no table tell nothing, or another key', async (t) => {
  for (let seed = 1; seed <= 2000; seed += 1) {
    const found = firstKeyOf(noise(seed % 90, seed), 20);
    t.ok(found === undefined || found.length >= 0);
  }
  t.equal(firstKeyOf(new Uint8Array(), 20), undefined);
});

t.test('the numbers of the changes in a log', async (t) => {
  const record = (first: number, count: number): Uint8Array => {
    const bytes = Buffer.alloc(12);
    bytes.writeBigUInt64LE(BigInt(first));
    bytes.writeUInt32LE(count, 8);
    return bytes;
  };
  const rising = [record(5, 2), record(7, 1), record(9, 4)];
  t.strictSame(changeNumbersOf(rising), { first: 5, last: 12, areAscending: true });
  t.match(changeNumbersOf([...rising, ...rising]), { areAscending: false });
  t.match(changeNumbersOf([record(5, 2), record(6, 9), record(99, 1)]), { areAscending: false });
  t.equal(changeNumbersOf([]), undefined);
  t.equal(changeNumbersOf([new Uint8Array(3)]), undefined, 'too short to be one');
});
