/** LevelDB with and without a log in front, under a node's batches: `npm run storage-report`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from './machine.js';
import type { Engine, StorageFigures, StorageLoad } from './storage-figures.js';
import { cleanEnvironment } from './systems/process.js';
import { median } from './report.js';
import { wholeNumber } from '../whole-number.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    /** Numbers of cases, from 1. */
    cases: { type: 'string', default: '1,2,3,4,5,6,7' },
    /** On the disk that a node would use. */
    parent: { type: 'string', default: 'dist' },
  },
});
const SECONDS = wholeNumber('--seconds', values.seconds);
const ROUNDS = wholeNumber('--rounds', values.rounds);
const PARENT = values.parent;
const LOAD = fileURLToPath(new URL('storage-load.js', import.meta.url));

const ENGINES: readonly Engine[] = [
  { name: 'LevelDB', writeBufferMebibytes: 16 },
  { name: 'LevelDB, 64 MiB write buffer', writeBufferMebibytes: 64 },
  { name: 'log of 2 x 8 MiB in front', writeBufferMebibytes: 16, logMebibytes: 8 },
  { name: 'log of 2 x 32 MiB in front', writeBufferMebibytes: 16, logMebibytes: 32 },
];

type Case = Pick<StorageLoad, 'inFlight' | 'valueBytes' | 'keys' | 'keysOfPut'>;

const CASES: readonly Case[] = [
  { inFlight: 1, valueBytes: 100, keys: 1_000_000, keysOfPut: 2 },
  { inFlight: 8, valueBytes: 100, keys: 1_000_000, keysOfPut: 2 },
  { inFlight: 64, valueBytes: 100, keys: 1_000_000, keysOfPut: 2 },
  { inFlight: 64, valueBytes: 100, keys: 12_000, keysOfPut: 2 },
  { inFlight: 64, valueBytes: 10_240, keys: 100_000, keysOfPut: 2 },
  { inFlight: 64, valueBytes: 100, keys: 1_000_000, keysOfPut: 1 },
  { inFlight: 256, valueBytes: 100, keys: 1_000_000, keysOfPut: 2 },
];

async function runLoad(load: StorageLoad): Promise<StorageFigures> {
  const child = spawn(process.execPath, [LOAD, JSON.stringify(load)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: cleanEnvironment(),
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(child, 'close');
  return JSON.parse(text) as StorageFigures;
}

/** Writes for a while, dies, and is opened again. */
async function measure(engine: Engine, work: Case): Promise<StorageFigures> {
  const directory = await mkdtemp(join(PARENT, 'storage-report-'));
  try {
    const load = { engine, directory, ...work, seconds: SECONDS };
    const figures = await runLoad(load);
    const { openMilliseconds } = await runLoad({ ...load, seconds: 0.1 });
    return { ...figures, openMilliseconds };
  } finally {
    await rm(directory, { recursive: true });
  }
}

function middle(rounds: readonly StorageFigures[], of: (one: StorageFigures) => number): number {
  return median(rounds.map(of));
}

function row(engine: Engine, work: Case, rounds: readonly StorageFigures[]): string {
  const cells = [
    middle(rounds, (one) => one.putsPerSecond).toFixed(0),
    middle(rounds, (one) => one.cpuMicroseconds).toFixed(1),
    middle(rounds, (one) => one.putsPerBatch).toFixed(0),
    middle(rounds, (one) => one.p50Milliseconds).toFixed(2),
    middle(rounds, (one) => one.p99Milliseconds).toFixed(1),
    middle(rounds, (one) => one.diskMebibytes).toFixed(0),
    middle(rounds, (one) => one.residentMebibytes).toFixed(0),
    middle(rounds, (one) => one.openMilliseconds).toFixed(0),
  ];
  const { inFlight, valueBytes, keys, keysOfPut } = work;
  return `| ${[engine.name, inFlight, valueBytes, keys, keysOfPut, ...cells].join(' | ')} |`;
}

const { cores, processor, kernel, node, fileSystem, syncMilliseconds } = machine(PARENT);
console.log(`${cores} cores (${processor}), Linux ${kernel}, ${fileSystem}, node ${node}`);
console.log(`a sync takes ${syncMilliseconds.toFixed(2)} ms; ${ROUNDS} rounds of ${SECONDS} s`);
const columns = ['engine', 'in flight', 'bytes', 'keys', 'keys a put'];
columns.push(
  'puts/s',
  'CPU us',
  'puts a batch',
  'p50 ms',
  'p99 ms',
  'disk MiB',
  'RSS MiB',
  'open ms',
);
console.log(`| ${columns.join(' | ')} |`);
console.log(`|${'---|'.repeat(columns.length)}`);
const chosen = values.cases.split(',').map(Number);
for (const work of CASES.filter((_, index) => chosen.includes(index + 1))) {
  const found = ENGINES.map((engine) => ({ engine, rounds: [] as StorageFigures[] }));
  for (let round = 0; round < ROUNDS; round += 1) {
    // In turn and back, so that no engine always follows the same other.
    const order = round % 2 === 0 ? found : found.toReversed();
    for (const { engine, rounds } of order) rounds.push(await measure(engine, work));
  }
  for (const { engine, rounds } of found) console.log(row(engine, work, rounds));
}
