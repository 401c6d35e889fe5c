/** A node whose engine files are damaged starts, is rebuilt by the others, and reads are right. */
import { randomBytes } from 'node:crypto';
import { readdirSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { freeBasePort, RealCluster, until } from './real-cluster.js';

const KEYS = 48;
const VALUE_BYTES = 150_000;
const REBUILD_MILLISECONDS = 60_000;
const PARTITIONS = 16;

const tables = (store: string): string[] =>
  readdirSync(store)
    .filter((name) => name.endsWith('.ldb'))
    .sort()
    .map((name) => join(store, name));

/** What an operator may find one morning. */
const DAMAGES: Readonly<Record<string, (store: string) => void>> = {
  'the newest table is empty': (store) => truncateSync(tables(store).at(-1) ?? '', 0),
  'the oldest table is cut to half': (store) => {
    const [oldest = ''] = tables(store);
    truncateSync(oldest, statSync(oldest).size >> 1);
  },
  'the oldest table is empty': (store) => truncateSync(tables(store).at(0) ?? '', 0),
  'two tables are swapped': (store) => {
    const [one = '', other = ''] = tables(store);
    renameSync(one, `${one}.swapped`);
    renameSync(other, one);
    renameSync(`${one}.swapped`, other);
  },
  'CURRENT is absent': (store) => rmSync(join(store, 'CURRENT')),
  'all files are noise': (store) => {
    for (const name of readdirSync(store)) {
      const path = join(store, name);
      if (statSync(path).isFile()) writeFileSync(path, Buffer.alloc(9999, name));
    }
  },
};

/** It does not compress: so it fills tables. */
const freshValue = (): string => randomBytes(VALUE_BYTES).toString('base64');

async function ask(url: string, key: number, level: string, body?: string): Promise<Response> {
  const headers = { 'X-Consistency-Level': level, 'Content-Type': 'application/json' };
  const init = body === undefined ? { headers } : { method: 'PUT', headers, body };
  return fetch(`${url}/api/v1/kv/k${key}`, init);
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

t.test('one of three nodes, damaged again and again', async (t) => {
  const words = ['--base-port', String(await freeBasePort()), '--partitions', String(PARTITIONS)];
  const cluster = await RealCluster.start(t, join(t.testdir(), 'data'), words);
  const [first = ''] = cluster.ids.map((id) => cluster.url(id));
  const url = cluster.url('n2');
  const store = join(cluster.dataDir, 'n2', 'store');
  for (const [title, damage] of Object.entries(DAMAGES)) {
    const values = Array.from({ length: KEYS }, freshValue);
    for (const [key, value] of values.entries()) {
      t.equal((await ask(first, key, 'all', JSON.stringify({ value }))).status, 200);
    }
    // A start makes a table of the log.
    await cluster.kill('n2');
    t.match(await cluster.bringBack('n2'), { status: 0 });
    await cluster.kill('n2');
    damage(store);
    t.match(await cluster.bringBack('n2'), { status: 0 }, title);
    await until('the rebuild', REBUILD_MILLISECONDS, async () => {
      return (await metric(url, 'quorate_rebuilt_partitions_total')) >= PARTITIONS;
    });
    for (const [key, expected] of values.entries()) {
      const answer = await ask(url, key, 'one');
      const { value } = (await answer.json()) as { readonly value: unknown };
      t.ok(value === expected, `${title}: k${key}`);
    }
  }
  t.equal(await cluster.end('SIGTERM'), 0);
});
