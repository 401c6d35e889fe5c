/**
 * `npm run list-report -- [keys]`: how long a page of 1,000 keys takes among so many (10^6), by
 * level, on a cluster of three nodes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Level, QuorateClient } from '../../lib/client/client.js';
import { freeBasePort, RealCluster } from '../integration/real-cluster.js';
import { processOwner } from './owner.js';
import { wholeNumber } from '../whole-number.js';

const KEYS = wholeNumber('the number of keys', process.argv[2] ?? '1000000');
const BATCH = 1000;
const BATCHES_AT_ONCE = 4;
const PAGES = 200;
const TARGET_MILLISECONDS = 20;
const LEVELS = ['one', 'quorum', 'all'] as const;

const keyOf = (n: number): string => `user:${String(n).padStart(9, '0')}`;

/** Small values: a list does not look at them. */
async function fill(client: QuorateClient): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let from = next; from < KEYS; from = next) {
      next = from + BATCH;
      const operations = Array.from({ length: Math.min(BATCH, KEYS - from) }, (_, i) => {
        return { kind: 'put', key: keyOf(from + i), value: 'x' } as const;
      });
      const answer = await client.batch(operations, { timeoutMilliseconds: 60_000 });
      if (answer.failed > 0) throw new Error('a batch of puts failed');
    }
  };
  await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, work));
}

/** Milliseconds of pages that begin anywhere, in ascending order. */
async function measure(client: QuorateClient, level: Level, values: boolean): Promise<number[]> {
  const times: number[] = [];
  let cursor: string | undefined;
  for (let i = 0; i < PAGES; i += 1) {
    const begun = performance.now();
    const page = await client.listPage({ prefix: 'user:', limit: 1000, level, values, cursor });
    times.push(performance.now() - begun);
    if (page.cursor !== undefined && page.keys.length < 1000) throw new Error('a short page');
    cursor = page.cursor;
  }
  return times.sort((a, b) => a - b);
}

const owner = processOwner();
const folder = mkdtempSync(join(tmpdir(), 'quorate-lists-'));
owner.teardown(() => rmSync(folder, { recursive: true, force: true }));
const words = ['--base-port', String(await freeBasePort())];
const cluster = await RealCluster.start(owner, join(folder, 'data'), words);
const client = new QuorateClient({ endpoints: [cluster.url('n1')], discover: false });
await fill(client);
console.log(`node ${process.version}, ${KEYS} keys on three nodes, pages of 1,000`);
console.log('| level | values | p50 ms | p99 ms |');
console.log('|---|---|---|---|');
let worst = 0;
for (const level of LEVELS) {
  for (const values of [false, true]) {
    const times = await measure(client, level, values);
    const [p50 = 0, p99 = 0] = [0.5, 0.99].map((share) => times[Math.floor(share * times.length)]);
    console.log(`| ${level} | ${values ? 'yes' : 'no'} | ${p50.toFixed(1)} | ${p99.toFixed(1)} |`);
    if (level === 'quorum' && !values) worst = p50;
  }
}
await cluster.end('SIGTERM');
console.log(`p50 at quorum ${worst.toFixed(1)} ms (at most ${TARGET_MILLISECONDS})`);
process.exitCode = worst <= TARGET_MILLISECONDS ? 0 : 1;
