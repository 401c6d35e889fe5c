/** `npm run convergence-report`: how soon replicas meet again with no reads, and what it costs. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { drawConvergence } from './convergence-chart.js';
import type { HealFigures, PairFigures } from './convergence-figures.js';
import { measureHeal } from './measure-heal.js';
import { measurePair } from './measure-pair.js';
import { processOwner } from './owner.js';
import { wholeNumber } from '../whole-number.js';

const { values } = parseArgs({
  options: {
    /** Written on one side of a cut; 0: not measured. */
    keys: { type: 'string', default: '100000' },
    /** Of each of two replicas; 0: not measured. */
    large: { type: 'string', default: '1000000' },
  },
});

const keys = wholeNumber('--keys', values.keys, 0);
const large = wholeNumber('--large', values.large, 0);
const CONVERGED_SECONDS_MAX = 30;
const SHARE_MAX = 0.02;
const IDENTICAL_BYTES_MAX = 1024;
const PICTURE = 'docs/images/convergence.svg';

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2);

function reportHeal(figures: HealFigures): boolean {
  const { keys, writeSeconds, convergedSeconds, bytesOnTheWire, bytesOfRecords } = figures;
  console.log(
    '| keys | written in s | alike after s | records, MB | on the wire, MB | different |',
  );
  console.log('| --- | --- | --- | --- | --- | --- |');
  const cells = [
    ...[keys, writeSeconds.toFixed(1), convergedSeconds.toFixed(1)],
    ...[megabytes(bytesOfRecords), megabytes(bytesOnTheWire), figures.different],
  ];
  console.log(`| ${cells.join(' | ')} |\n`);
  writeFileSync(PICTURE, drawConvergence(figures));
  return convergedSeconds <= CONVERGED_SECONDS_MAX && figures.different === 0;
}

function reportPair({ keys, bytesOfRecords, steps, found, differing, identical }: PairFigures) {
  console.log(`two replicas of ${keys} keys, ${megabytes(bytesOfRecords)} MB of records each\n`);
  console.log('| both directions together | bytes on the wire | of the data | CPU ms | s |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const { name, bytes, cpuMilliseconds, seconds } of steps) {
    const share = `${((100 * bytes) / bytesOfRecords).toFixed(4)} %`;
    const cells = [name, bytes, share, cpuMilliseconds.toFixed(0), seconds.toFixed(2)];
    console.log(`| ${cells.join(' | ')} |`);
  }
  console.log(`\n${found} of ${differing} found by the trees; identical in the end: ${identical}`);
  const most = Math.max(...steps.map(({ bytes }) => bytes));
  const alike = steps.filter(({ name }) => name.startsWith('identical'));
  return (
    found === differing &&
    identical &&
    most <= SHARE_MAX * bytesOfRecords &&
    alike.every(({ bytes }) => bytes < IDENTICAL_BYTES_MAX)
  );
}

const owner = processOwner();
let isReached = true;
if (keys > 0) isReached = reportHeal(await measureHeal(owner, keys));
if (large > 0) {
  isReached = reportPair(await measurePair(owner, large)) && isReached;
}
console.log(isReached ? 'all reached' : 'MISSED');
process.exitCode = isReached ? 0 : 1;
