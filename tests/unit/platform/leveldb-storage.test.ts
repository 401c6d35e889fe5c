/** What only the real engine can show: locks, failed writes, a process that is killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import t from 'tap';
import { openLevelStorage } from '../../../lib/platform/leveldb-storage.js';

const SIZES = { cacheBytes: 1_048_576, writeBufferBytes: 1_048_576 };
const EVERYTHING = { from: '', before: '~', limit: 10_000 };
const put = (key: string) => ({ type: 'put' as const, key, value: new Uint8Array([1]) });

t.test('a directory in use is refused with a clear reason', async (t) => {
  const directory = t.testdir();
  const first = await openLevelStorage({ directory, ...SIZES });
  await t.rejects(openLevelStorage({ directory, ...SIZES }), {
    code: 'storage_failed',
    outcome: 'none',
    message: `cannot open ${directory}: another process holds it`,
    details: { locked: true },
  });
  await first.close();
  const second = await openLevelStorage({ directory, ...SIZES });
  await second.close();
});

t.test('what its files take is what lies in the folder', async (t) => {
  const directory = t.testdir();
  const storage = await openLevelStorage({ directory, ...SIZES });
  const before = (await storage.usedBytes()) ?? 0;
  const value = new Uint8Array(100_000);
  await storage.write([{ type: 'put', key: 'k', value }], { sync: true });
  const grown = ((await storage.usedBytes()) ?? 0) - before;
  t.ok(grown >= 100_000 && grown < 120_000, `${grown}`);
  await storage.close();
});

t.test('a path that cannot be a directory is refused', async (t) => {
  const directory = join(t.testdir({ file: 'a file' }), 'file', 'below');
  await t.rejects(openLevelStorage({ directory, ...SIZES }), {
    code: 'storage_failed',
    details: { locked: false },
  });
});

t.test('a failed write poisons the handle, and nothing is tried again', async (t) => {
  const directory = t.testdir();
  const storage = await openLevelStorage({ directory, ...SIZES });
  await storage.write([put('before')], { sync: true });
  const batches = t.capture(ClassicLevel.prototype, 'batch', () => {
    throw new Error('IO error: no space left on device');
  });
  const failing = storage.write([put('a')], { sync: true });
  const behind = storage.write([put('b')], { sync: true });
  await t.rejects(failing, { code: 'storage_failed', outcome: 'unknown', message: /no space/ });
  await t.rejects(behind, { code: 'storage_failed', outcome: 'none' });
  batches.restore();
  await t.rejects(storage.write([put('c')], { sync: false }), { code: 'storage_failed' });
  t.equal((await storage.range(EVERYTHING)).length, 1, 'reads go on');
  t.strictSame([...(storage.get('before') ?? [])], [1]);
  t.equal(batches().length, 1, 'one attempt in all');
  await storage.close();
  const again = await openLevelStorage({ directory, ...SIZES });
  t.strictSame(
    (await again.range(EVERYTHING)).map(([key]) => key),
    ['before'],
  );
  await again.close();
});

t.test('after kill -9 the disk holds a prefix with every batch that resolved', async (t) => {
  const directory = t.testdir();
  const platform = new URL('../../../lib/platform/leveldb-storage.js', import.meta.url).href;
  const program = `
    import { openLevelStorage } from ${JSON.stringify(platform)};
    const storage = await openLevelStorage(${JSON.stringify({ directory, ...SIZES })});
    for (let n = 0; ; n += 1) {
      const key = String(n).padStart(8, '0');
      const value = new Uint8Array(100);
      const batch = ['a', 'b'].map((letter) => ({ type: 'put', key: letter + key, value }));
      const sync = n % 3 === 0;
      await storage.write(batch, { sync });
      process.stdout.write(n + '\\n');
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.length > 2_000) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const acknowledged = Number(output.trim().split('\n').at(-1));
  const storage = await openLevelStorage({ directory, ...SIZES });
  const keys = (await storage.range(EVERYTHING)).map(([key]) => key);
  const count = keys.length / 2;
  t.ok(count > acknowledged, `${String(acknowledged)} acknowledged, ${String(count)} there`);
  const expected = Array.from({ length: count }, (_, n) => `a${String(n).padStart(8, '0')}`);
  t.strictSame(keys.slice(0, count), expected, 'a prefix without gaps');
  t.strictSame(
    keys.slice(count),
    expected.map((key) => key.replace('a', 'b')),
    'no batch is torn',
  );
  await storage.close();
});
