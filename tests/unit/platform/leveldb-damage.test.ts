/** Each file of the engine, damaged in each way: it opens, and says so where anything is lost. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { openLevelStorage } from '../../../lib/platform/leveldb-storage.js';
import { isCorruption } from '../../../lib/platform/storage-failure.js';
import {
  COMMIT,
  DAMAGES,
  fillFolder,
  fillTwoLogs,
  fillTables,
  filesToDamage,
  noise,
  openAndRead,
  SIZES,
  swap,
  textOf,
} from './engine-folder.js';

t.setTimeout(300_000);
const root = t.testdir();
const original = join(root, 'original');
const contents = await fillFolder(original);
const files = filesToDamage(original);
let folders = 0;

function copy(from = original): string {
  folders += 1;
  const directory = join(root, `copy-${folders}`);
  cpSync(from, directory, { recursive: true });
  return directory;
}

/**
 * Where something is lost, it was repaired, or the last commit number is lost too, which the peers
 * remember. It takes writes, and what it says of a repair it says until that is noted.
 */
async function check(t: Test, directory: string, written = contents): Promise<number> {
  const found = await openAndRead(directory, written);
  const { storage, repaired, lost, commit } = found;
  const last = textOf(written.get(COMMIT));
  if (!repaired && lost > 0) t.not(commit, last, 'the peers see that it is old');
  const value = noise(9, 1);
  await storage.write([{ type: 'put', key: 'new', value }], { sync: true });
  await storage.close();
  const again = await openAndRead(directory, written);
  t.equal(again.repaired, repaired, 'says so until it is noted');
  t.equal(again.lost, lost, 'as before');
  t.strictSame([...(again.storage.get('new') ?? [])], [...value]);
  await again.storage.repair?.noted();
  await again.storage.close();
  const noted = await openLevelStorage({ directory, ...SIZES });
  t.notOk(noted.repair, 'noted');
  await noted.close();
  rmSync(directory, { recursive: true });
  return lost;
}

t.test('there is enough to damage', async (t) => {
  t.ok(files.length >= 8, files.join(', '));
  t.ok(files.includes('LOG.old'));
});

for (const file of files) {
  t.test(file.replace(/\d+/, 'n'), async (t) => {
    for (const [title, damage] of Object.entries(DAMAGES)) {
      const directory = copy();
      damage(join(directory, file));
      await t.test(`${file} ${title}`, async (t) => void (await check(t, directory)));
    }
    for (const other of files.filter((one) => one > file)) {
      const directory = copy();
      swap(join(directory, file), other);
      const title = `${file} and ${other} are swapped`;
      await t.test(title, async (t) => void (await check(t, directory)));
    }
  });
}

t.test('two logs, each damaged in each way, and swapped', async (t) => {
  const folder = join(root, 'two-logs');
  const written = await fillTwoLogs(folder);
  const logs = readdirSync(folder).filter((name) => name.endsWith('.log'));
  t.equal(await check(t, copy(folder), written), 0, 'as it is it has all');
  for (const file of logs) {
    for (const [title, damage] of Object.entries(DAMAGES)) {
      const directory = copy(folder);
      damage(join(directory, file));
      await t.test(`${file} ${title}`, async (t) => void (await check(t, directory, written)));
    }
  }
  const directory = copy(folder);
  swap(join(directory, logs.at(0) ?? ''), logs.at(1) ?? '');
  t.equal(await check(t, directory, written), 0, 'swapped they lose nothing');
});

t.test('each of three tables, damaged in each way, and swapped', async (t) => {
  const folder = join(root, 'three-tables');
  const written = await fillTables(folder, 3);
  const tables = readdirSync(folder).filter((name) => name.endsWith('.ldb'));
  t.equal(tables.length, 3);
  for (const file of tables) {
    for (const [title, damage] of Object.entries(DAMAGES)) {
      const directory = copy(folder);
      damage(join(directory, file));
      await t.test(`${file} ${title}`, async (t) => void (await check(t, directory, written)));
    }
    for (const other of tables.filter((one) => one > file)) {
      const directory = copy(folder);
      swap(join(directory, file), other);
      const title = `${file} and ${other} are swapped`;
      await t.test(title, async (t) => void (await check(t, directory, written)));
    }
  }
});

t.test('two tables of the same length are swapped', async (t) => {
  const folder = join(root, 'two-tables');
  const written = await fillTables(folder, 2);
  const tables = readdirSync(folder).filter((name) => name.endsWith('.ldb'));
  const sizes = new Set(tables.map((name) => statSync(join(folder, name)).size));
  t.strictSame([tables.length, sizes.size], [2, 1], 'nothing but what is in them tells');
  t.equal(await check(t, copy(folder), written), 0, 'as it is it has all');
  const directory = copy(folder);
  swap(join(directory, tables.at(0) ?? ''), tables.at(1) ?? '');
  const { storage, repaired, lost } = await openAndRead(directory, written);
  t.strictSame([repaired, lost], [true, 0], 'it is noticed, and nothing is lost');
  await storage.close();
});

t.test('something else lies where the folder was: it begins empty, and says so', async (t) => {
  const others: Readonly<Record<string, (path: string) => void>> = {
    'a file': (path) => writeFileSync(path, 'x'),
    'an empty file': (path) => writeFileSync(path, ''),
    'a pipe': (path) => execFileSync('mkfifo', [path]),
    'a link to a file': (path) => symlinkSync(join(original, 'CURRENT'), path),
    'a link to a device': (path) => symlinkSync('/dev/zero', path),
  };
  for (const [title, make] of Object.entries(others)) {
    const directory = copy();
    rmSync(directory, { recursive: true });
    make(directory);
    await t.test(title, async (t) => {
      const lost = await check(t, directory);
      t.equal(lost, contents.size);
    });
    t.ok(lstatSync(`${directory}.damaged`), 'what lay there is set aside');
  }
});

t.test('a link that leads nowhere ends the start, and says what to do', async (t) => {
  for (const to of ['/nowhere/at/all', 'itself']) {
    const directory = join(t.testdir(), 'itself');
    symlinkSync(to, directory);
    const says = /cannot open .*itself: it is a link that leads nowhere: mount the disk/;
    await t.rejects(openLevelStorage({ directory, ...SIZES }), says);
    t.notOk(existsSync(`${directory}.repaired`), 'nothing is marked');
  }
});

t.test('files that are none of the engine change nothing', async (t) => {
  const directory = copy();
  writeFileSync(join(directory, 'notes.txt'), 'mine');
  mkdirSync(join(directory, 'folder'));
  writeFileSync(join(directory, '999999.ldb'), noise(999, 1));
  const { storage, lost, repaired } = await openAndRead(directory, contents);
  t.strictSame([lost, repaired], [0, false]);
  await storage.close();
  t.ok(readdirSync(directory).includes('notes.txt'));
});

t.test('where nothing can be read any more the store begins empty, and says so', async (t) => {
  const directory = copy();
  for (const name of readdirSync(directory)) writeFileSync(join(directory, name), noise(999, 1));
  const { storage, repaired, lost } = await openAndRead(directory, contents);
  t.strictSame([repaired, lost], [true, contents.size]);
  await storage.close();
  const kept = ['damaged', 'lost'].flatMap((name) => readdirSync(join(directory, name)));
  t.ok(kept.length > 0, `${kept.length} files are set aside`);
});

t.test('whatever lies in the place of the mark of a repair', async (t) => {
  const others: Readonly<Record<string, (path: string) => void>> = {
    'a pipe': (path) => execFileSync('mkfifo', [path]),
    'a folder': (path) => mkdirSync(join(path, 'full'), { recursive: true }),
    'a link to nothing': (path) => symlinkSync('/nowhere/at/all', path),
    'a link in a circle': (path) => symlinkSync(path, path),
    'a device without an end': (path) => symlinkSync('/dev/zero', path),
  };
  for (const [title, make] of Object.entries(others)) {
    const directory = copy();
    make(`${directory}.repaired`);
    await t.test(
      `${title}: there may have been one`,
      async (t) => void (await check(t, directory)),
    );
    const damaged = copy();
    make(`${damaged}.repaired`);
    rmSync(join(damaged, 'CURRENT'));
    await t.test(`${title}, and damage`, async (t) => void (await check(t, damaged)));
  }
});

t.test('a damaged folder that another process holds is left alone', async (t) => {
  const directory = copy();
  const platform = new URL('../../../lib/platform/leveldb-storage.js', import.meta.url).href;
  const program = `
    import { openLevelStorage } from ${JSON.stringify(platform)};
    const storage = await openLevelStorage(${JSON.stringify({ directory, ...SIZES })});
    process.stdout.write('open');
    process.stdin.on('end', () => storage.close());
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {},
  });
  const closed = once(child, 'close');
  await once(child.stdout, 'data');
  rmSync(join(directory, 'CURRENT'));
  await t.rejects(openLevelStorage({ directory, ...SIZES }), /another process holds it/);
  const touched = ['CURRENT', 'damaged', 'lost'].filter((name) =>
    readdirSync(directory).includes(name),
  );
  t.strictSame(touched, []);
  t.notOk(existsSync(`${directory}.repaired`), 'nothing is marked');
  t.notOk(
    readdirSync(root).some((name) => name.includes('.lock-')),
    'nothing is left behind',
  );
  child.stdin.end();
  await closed;
});

t.test('what is no damage', async (t) => {
  for (const reason of ['Permission denied', 'No space left on device', 'Input/output error']) {
    t.notOk(isCorruption(new Error(`IO error: /x/000005.ldb: ${reason}`)), reason);
  }
  t.ok(isCorruption(new Error('IO error: /x/000005.ldb: Invalid argument')), 'it is empty');
});
