/**
 * `npm run planted-bugs -- [--seeds-max N] [--only NAME] [--jobs J] [--on LAYER]`: breaks one rule
 * at a time in a copy of the built code. Each must be noticed by the layer that it names: a test,
 * or the simulator. There the checker whose finding comes first, in the first seed that has one,
 * must be named. Fails where that is not so.
 */
import { execFile } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BUGS } from './bugs.js';
import { plant } from './plant.js';
import { wholeNumber } from '../../whole-number.js';

const { values } = parseArgs({
  options: {
    'seeds-max': { type: 'string', default: '400' },
    /** Part of a name. */
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    /** `seeds`: those alone that name checkers; `tests`: the others. */
    on: { type: 'string', default: '' },
  },
});
const seedsMax = wholeNumber('--seeds-max', values['seeds-max']);
const jobs = wholeNumber('--jobs', values.jobs);
const PACKAGE = 'dist/package.json';
const PARTS = ['bin', 'config', 'lib', 'tests'];
const OUTPUT_BYTES_MAX = 2 ** 26;
const TEST_SECONDS_MAX = 120;
/** A bug may make a loop endless. */
const RUN_MILLISECONDS_MAX = 1_200_000;

interface Caught {
  /** The checker, or the test file. */
  readonly layer: string;
  /** After how many seeds; of a test: nothing. */
  readonly when: string;
  readonly finding: string;
  /** Is it the layer that the bug names? */
  readonly isNamed: boolean;
}

const waiting = BUGS.filter((bug) => {
  const layer = 'checkers' in bug ? 'seeds' : 'tests';
  return bug.name.includes(values.only) && (values.on === '' || values.on === layer);
});
if (waiting.length === 0) throw new Error(`no planted bug is named "${values.only}"`);
let missed = 0;
// Two folders above a copied command, as it is two folders above a built one.
await cp('package.json', PACKAGE);
await Promise.all(Array.from({ length: jobs }, (_, job) => work(job)));
await rm(PACKAGE);
process.exitCode = missed > 0 ? 1 : 0;

/** One copy of the built code a job, with one bug in it after the other. */
async function work(job: number): Promise<void> {
  const copy = `dist/planted-${job}`;
  for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
    await rm(copy, { recursive: true, force: true });
    for (const part of PARTS) await cp(`dist/${part}`, join(copy, part), { recursive: true });
    await plant(copy, bug);
    const { checkers, test } = bug;
    const caught = await (checkers ? caughtBySeeds(copy, checkers) : caughtByTest(copy, test));
    if (caught?.isNamed !== true) missed += 1;
    const { layer, when, finding } = caught ?? { layer: 'NOT CAUGHT', when: '', finding: '' };
    const not = caught?.isNamed === false ? ' (not the layer that it names)' : '';
    console.log(`| ${bug.rule} | ${bug.name} | ${layer}${not} | ${when} | ${finding} |`);
  }
  await rm(copy, { recursive: true, force: true });
}

/** Seeds count from 1, so the first that is caught is also how many it took. */
async function caughtBySeeds(
  copy: string,
  checkers: readonly string[],
): Promise<Caught | undefined> {
  const script = join(copy, 'tests/simulation/simulate.js');
  const { stdout, stderr } = await run([script, '--seeds', `1..${seedsMax}`, '--first']);
  const match = /^seed (\d+): ([^\n]*?)(?: \(and \d+ more: [^\n]*\))?$/m.exec(stdout);
  if (match !== null) {
    const [, when = '', finding = ''] = match;
    // Others that find something in the same seed are told after it, and are no answer.
    const named = checkers.find((checker) => finding.startsWith(`${checker} `));
    const layer = named ?? finding.replace(/:.*$/, '');
    return { layer, when, finding: finding.slice(0, 80), isNamed: named !== undefined };
  }
  if (stderr === '') return undefined;
  return { layer: 'seeds', when: '1', finding: 'the simulator itself fails', isNamed: false };
}

async function caughtByTest(copy: string, test: string): Promise<Caught | undefined> {
  const { failed, stdout } = await run([join(copy, 'tests', test)]);
  if (!failed) return undefined;
  const finding = /^ *not ok \d+ - ([^\n]*)/m.exec(stdout)?.[1] ?? 'it fails';
  return { layer: test.replace(/\.js$/, ''), when: '', finding, isNamed: true };
}

function run(
  arguments_: readonly string[],
): Promise<{ readonly failed: boolean; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    // A test that is slow on a busy machine has noticed nothing.
    const env = { ...process.env, TAP_TIMEOUT: String(TEST_SECONDS_MAX) };
    const stop = { timeout: RUN_MILLISECONDS_MAX, killSignal: 'SIGKILL' } as const;
    const options = { maxBuffer: OUTPUT_BYTES_MAX, env, ...stop };
    execFile(process.execPath, arguments_, options, (error, stdout, stderr) => {
      // Nor has one that never ends, and is stopped.
      resolve({ failed: error !== null && error.killed !== true, stdout, stderr });
    });
  });
}
