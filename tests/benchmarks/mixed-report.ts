/**
 * `npm run mixed-report`: ten minutes of puts and gets at 70 % of the limit, while one node is
 * killed and comes back, and then another: latency over time, memory.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { freeBasePort, RealCluster } from '../integration/real-cluster.js';
import { Inspector } from './inspector.js';
import { machine } from './machine.js';
import { growthOf } from './measure-memory.js';
import { drawMixed } from './mixed-chart.js';
import { fillMixed } from './mixed-load.js';
import type { MixedFigures, Phase } from './mixed-run.js';
import { limitOf, MixedRun } from './mixed-run.js';
import { processOwner } from './owner.js';

const words = process.argv.slice(2);
const { values } = parseArgs({
  args: words,
  options: {
    minutes: { type: 'string', default: '10' },
    /** Of the limit, percent. */
    share: { type: 'string', default: '70' },
    /** A minute, fewer keys, the limit from a few seconds. */
    quick: { type: 'boolean', default: false },
    picture: { type: 'string' },
    result: { type: 'string', default: 'dist/bench/mixed.json' },
    'data-dir': { type: 'string', default: 'dist/bench' },
  },
});
/** What a quick look draws is not for the documentation. */
const pictures = values.quick ? values['data-dir'] : 'docs/images';
const picture = values.picture ?? join(pictures, 'mixed.svg');
const minutes = values.quick ? 1 : Number(values.minutes);
const share = Number(values.share) / 100;
if (!(minutes > 0 && minutes <= 1440 && share > 0 && share <= 1)) {
  throw new Error('--minutes is above 0 and at most 1440, --share above 0 and at most 100');
}
const keys = values.quick ? 10_000 : 50_000;
/** Long, since the speed of a shared machine wanders: of a good half minute 70 % may be 90. */
const limitSeconds = values.quick ? 5 : 60;
const WARM_SECONDS = 10;
const GROWTH_MAX = 1.1;
const MEBIBYTE = 1024 * 1024;

function phaseLine({ name, from, tally }: Phase): string {
  const { latencies } = tally;
  const cells = [
    ...[name, from.toFixed(0), latencies.count],
    ...[0.5, 0.99, 0.999].map((quantile) => latencies.quantile(quantile).toFixed(1)),
    latencies.maxMilliseconds.toFixed(0),
    ...[tally.failures, tally.broken, tally.late, tally.beyondDeadline],
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Bytes of each node's heap and buffers that are held, before the ten minutes or after them. */
async function inUse(): Promise<ReadonlyMap<string, number>> {
  const held = new Map<string, number>();
  for (const id of cluster.ids) {
    const inspector = await Inspector.open(cluster.pidOf(id));
    const { heapUsed, external } = await inspector.memoryInUse();
    await inspector.close();
    held.set(id, heapUsed + external);
  }
  return held;
}

/**
 * A node at a time: memory since it was last started, what was in use at both ends, and the worst
 * event-loop delay. Resident memory of a node that has just started rises until its caches are
 * full, so it is judged of those alone that were never away; what is in use is judged of all.
 */
function nodeLine({ samples }: MixedFigures, id: string): { line: string; isFlat: boolean } {
  const own = samples.filter((sample) => sample.id === id);
  const away = own.findLastIndex(({ residentBytes }) => residentBytes === undefined);
  const memory = own.slice(away + 1).flatMap(({ residentBytes }) => residentBytes ?? []);
  const delays = own.flatMap(({ eventLoopMilliseconds }) => eventLoopMilliseconds ?? []);
  const growth = growthOf(memory);
  const sorted = delays.toSorted((a, b) => a - b);
  const [before = Number.NaN, after = Number.NaN] = [usedBefore, usedAfter].map((of) => of.get(id));
  const mebibytes = (bytes = Number.NaN): string => (bytes / MEBIBYTE).toFixed(0);
  const cells = [
    id,
    ...[memory[0], Math.max(...memory), memory.at(-1)].map(mebibytes),
    growth.toFixed(2),
    ...[mebibytes(before), mebibytes(after), (after / before).toFixed(2)],
    (sorted[sorted.length >> 1] ?? Number.NaN).toFixed(1),
    (sorted.at(-1) ?? Number.NaN).toFixed(1),
  ];
  const isFlat = after / before <= GROWTH_MAX && (away !== -1 || growth <= GROWTH_MAX);
  return { line: `| ${cells.join(' | ')} |`, isFlat };
}

/** What waited for a node that came back, and whether all of it was delivered in the phase. */
function returnLine({ samples }: MixedFigures, { name, from }: Phase, until: number): string {
  const looks = samples.filter(
    ({ hintsHeld, seconds }) => hintsHeld !== undefined && seconds > from && seconds < until,
  );
  const waiting = looks.filter(({ hintsHeld = 0 }) => hintsHeld > 0);
  const most = waiting.reduce((sum, { hintsHeld = 0 }) => Math.max(sum, hintsHeld), 0);
  const seen = (waiting.at(-1)?.seconds ?? from) - from;
  const looked = (looks.at(-1)?.seconds ?? from) - from;
  // The looks at all nodes lie within a second.
  const isDone = looked - seen > 1;
  const [end, after] = isDone ? ['the last seen', seen] : ['not all gone', looked];
  return `${name}: up to ${most} hints a holder, ${end} after ${after.toFixed(0)} s`;
}

function report(figures: MixedFigures, limit: number): boolean {
  const { total, phases, perSecond, refused } = figures;
  console.log(
    `limit ${limit.toFixed(0)}/s in a closed loop; ${minutes} min at ${perSecond.toFixed(0)}/s, ` +
      `puts and gets at quorum in turn, ${keys} keys of 100 bytes\n`,
  );
  console.log(
    '| phase | from s | requests | p50 ms | p99 ms | p99.9 ms | most ms | failed | broken ' +
      '| late | beyond deadline |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|---|');
  for (const phase of [...phases, { name: '**all**', from: 0, tally: total }]) {
    console.log(phaseLine(phase));
  }
  console.log(
    '\n| node | RSS MiB, start | most | end | growth | in use MiB, before | after | growth ' +
      '| loop p99 ms, median | most |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  const nodes = cluster.ids.map((id) => nodeLine(figures, id));
  for (const { line } of nodes) console.log(line);
  console.log();
  for (const [i, phase] of phases.entries()) {
    const until = phases[i + 1]?.from ?? Number.POSITIVE_INFINITY;
    if (phase.name.endsWith('back')) console.log(returnLine(figures, phase, until));
  }
  const { checked, wrong, siblings, beyondDeadline, late } = total;
  console.log(
    `\n${checked} answers looked into, ${wrong} wrong; ${siblings} gets met siblings of broken ` +
      `puts; ${refused} connections refused and made elsewhere`,
  );
  for (const [reason, count] of total.reasons) console.log(`${count} x ${reason}`);
  const flat = nodes.every(({ isFlat }) => isFlat);
  console.log(
    `\nbeyond their deadline: ${beyondDeadline} and late by then: ${late} (target 0); ` +
      `memory flat: ${flat}`,
  );
  return beyondDeadline + late === 0 && wrong === 0 && flat;
}

mkdirSync(values['data-dir'], { recursive: true });
const folder = mkdtempSync(join(values['data-dir'], 'mixed-'));
const owner = processOwner();
owner.teardown(() => rmSync(folder, { recursive: true, force: true }));
const where = machine(folder);
const flags = ['--base-port', String(await freeBasePort())];
const cluster = await RealCluster.start(owner, join(folder, 'data'), flags);
const endpoints = cluster.announced.nodes.map(({ url }) => url);
await fillMixed(endpoints, keys);
await limitOf(endpoints, keys, WARM_SECONDS);
const limit = await limitOf(endpoints, keys, limitSeconds);
const usedBefore = await inUse();
// They stood still, and such a collection cools them: as warm again as they were.
await limitOf(endpoints, keys, WARM_SECONDS);
const figures = await new MixedRun(cluster, keys).run(share * limit, 60 * minutes);
console.log(
  `${where.cores} cores (${where.processor}) for three nodes and the load, ${where.fileSystem}, ` +
    `node ${where.node}; a sync takes ${where.syncMilliseconds.toFixed(2)} ms`,
);
const usedAfter = await inUse();
const isReached = report(figures, limit);
await cluster.end('SIGTERM');
for (const file of [picture, values.result]) mkdirSync(dirname(file), { recursive: true });
writeFileSync(picture, drawMixed(figures));
const { samples, happenings } = figures;
const json = { command: words, where, limit, perSecond: figures.perSecond, samples, happenings };
writeFileSync(values.result, `${JSON.stringify(json, undefined, 2)}\n`);
console.log(`\nagain: npm run mixed-report -- ${words.join(' ')}; picture: ${picture}`);
process.exitCode = isReached ? 0 : 1;
