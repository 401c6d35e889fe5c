/** `npm run kill-report -- --rounds 100`: all nodes killed under load, again and again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CheckedLoad } from '../integration/checked-load.js';
import { killRound } from '../integration/kill-rounds.js';
import { freeBasePort, RealCluster } from '../integration/real-cluster.js';
import { processOwner } from './owner.js';
import { RoundsReport } from './rounds-report.js';
import { wholeNumber } from '../whole-number.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    keys: { type: 'string', default: '200' },
    workers: { type: 'string', default: '24' },
  },
});

const rounds = wholeNumber('--rounds', values.rounds);
const owner = processOwner();
const folder = mkdtempSync(join(tmpdir(), 'quorate-kill-'));
owner.teardown(() => rmSync(folder, { recursive: true, force: true }));
const words = ['--base-port', String(await freeBasePort()), '--partitions', '64'];
const cluster = await RealCluster.start(owner, join(folder, 'data'), words);
const load = new CheckedLoad({
  endpoints: cluster.announced.nodes.map(({ url }) => url),
  keyCount: wholeNumber('--keys', values.keys),
  workers: wholeNumber('--workers', values.workers),
});
const report = new RoundsReport(`kill -9 of all ${cluster.ids.length} nodes under load`);
for (let round = 1; round <= rounds; round += 1) {
  report.add(await killRound(cluster, load, round, () => cluster.killAll()));
}
load.close();
const status = await cluster.end('SIGTERM');
for (const [reason, count] of load.tally.reasons) console.log(`${count} x ${reason}`);
console.log(`\n${report.summary()}`);
process.exitCode = report.isClean && status === 0 ? 0 : 1;
