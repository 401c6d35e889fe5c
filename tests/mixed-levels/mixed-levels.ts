/**
 * `npm run mixed-levels -- [--operations N] [--round N] [--clients N] [--seed N] [--base-port N]`:
 * five processes, kills and cuts, clients at all levels, every answer judged by all checkers. Fails
 * where one of them finds anything, or where too little happened to prove anything.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ComparedCluster } from '../../bin/compare/compared-cluster.js';
import { freeBasePort } from '../integration/real-cluster.js';
import { SeededRandom } from '../simulation/seeded-random.js';
import { Endpoint } from './endpoint.js';
import { MixedRound } from './mixed-round.js';
import { wholeNumber } from '../whole-number.js';

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '1000000' },
    /** Operations of a round. */
    round: { type: 'string', default: '25000' },
    clients: { type: 'string', default: '64' },
    seed: { type: 'string', default: '1' },
    'base-port': { type: 'string' },
    /** Where the history of a round with findings goes. */
    histories: { type: 'string', default: 'dist/mixed-levels' },
  },
});

const NODES = 5;
/** In rounds of each kind of fault, each of these must have come to pass. */
const MUST_HAPPEN = [
  ...['get: strong', 'get: session', 'get: causal', 'get: bounded-staleness', 'write: strong'],
  ...['compare and set: strong', 'compare and set: precondition_failed none'],
  ...['read with siblings', 'node killed', 'node cut off', 'cut into two sides'],
  ...['get: level_not_reached none', 'get: session_not_covered none'],
];

const wanted = wholeNumber('--operations', values.operations);
const ofRound = wholeNumber('--round', values.round);
const clients = wholeNumber('--clients', values.clients);
const seed = wholeNumber('--seed', values.seed, 0);
const counts = new Map<string, number>();
const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
const random = new SeededRandom(seed, 'mixed levels');
const began = performance.now();
const totals = { operations: 0, findings: 0, orderKeys: 0, unjudgedKeys: 0 };
let checkMilliseconds = 0;

const basePort =
  values['base-port'] === undefined
    ? await freeBasePort()
    : wholeNumber('--base-port', values['base-port']);
const cluster = await ComparedCluster.start(NODES, basePort);
const endpoints = cluster.endpoints.map((url) => new Endpoint(url));
const stop = async (): Promise<void> => {
  await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  await cluster.stop();
};
try {
  for (let round = 1; totals.operations < wanted; round += 1) {
    const operations = Math.min(ofRound, wanted - totals.operations);
    const common = { cluster, endpoints, random, count };
    const result = await new MixedRound({ ...common, round, operations, clients }).run();
    totals.operations += result.operations;
    totals.findings += result.findings.length;
    totals.orderKeys += result.unjudgedKeys.order;
    totals.unjudgedKeys += result.unjudgedKeys.none;
    checkMilliseconds += result.checkMilliseconds;
    const seconds = Math.round((performance.now() - began) / 1000);
    console.log(`${seconds} s: ${totals.operations} operations, ${totals.findings} findings`);
    for (const { checker, key, message } of result.findings.slice(0, 10)) {
      console.log(`! round ${round}: ${checker} ${key}: ${message}`);
    }
    if (result.findings.length > 0) {
      mkdirSync(values.histories, { recursive: true });
      const file = `${values.histories}/round-${round}.json`;
      writeFileSync(file, JSON.stringify({ findings: result.findings, history: result.history }));
    }
  }
} finally {
  await stop();
}

for (const [what, times] of [...counts].sort()) console.log(`${String(times).padStart(9)} ${what}`);
const missing = MUST_HAPPEN.filter((what) => !counts.has(what));
for (const what of missing) console.log(`! never: ${what}`);
const seconds = Math.round((performance.now() - began) / 1000);
const { operations, findings, orderKeys, unjudgedKeys } = totals;
console.log(
  `\n${operations} checked operations at all levels in ${seconds} s ` +
    `(${Math.round(checkMilliseconds / 1000)} s to check them): ${findings} findings; ` +
    `${orderKeys} keys judged by their order alone, ${unjudgedKeys} not at all`,
);
process.exitCode = findings + missing.length > 0 ? 1 : 0;
