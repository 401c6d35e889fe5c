/**
 * `npm run planted-bugs -- [--seeds-max N] [--only NAME] [--jobs J] [--first tests]`: breaks one
 * rule at a time in a copy of the built code, and shows which layer notices, and after how many
 * seeds. Fails where none does.
 */
import { execFile } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BUGS } from './bugs.js';
import type { PlantedBug } from './planted-bug.js';
import { plant } from './plant.js';

const { values } = parseArgs({
  options: {
    'seeds-max': { type: 'string', default: '400' },
    /** Where `tests`: the unit tests first, and seeds only for what they miss. */
    first: { type: 'string', default: 'seeds' },
    /** Part of a name. */
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
});
const seedsMax = Number(values['seeds-max']);
const OUTPUT_BYTES_MAX = 2 ** 26;

interface Caught {
  /** `seeds`, or a test file. */
  readonly layer: string;
  readonly when: string;
  readonly finding: string;
}

const waiting = BUGS.filter(({ name }) => name.includes(values.only));
let missed = 0;
await Promise.all(Array.from({ length: Number(values.jobs) }, (_, job) => work(job)));
process.exitCode = missed > 0 ? 1 : 0;

/** One copy of the built code a job, with one bug in it after the other. */
async function work(job: number): Promise<void> {
  const copy = `dist/planted-${job}`;
  for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
    await rm(copy, { recursive: true, force: true });
    await cp('dist/lib', join(copy, 'lib'), { recursive: true });
    await cp('dist/tests', join(copy, 'tests'), { recursive: true });
    await plant(join(copy, 'lib'), bug);
    const bySeeds = (): Promise<Caught | undefined> => caughtBySeeds(copy);
    const byTest = (): Promise<Caught | undefined> => caughtByTest(copy, bug);
    const layers = values.first === 'tests' ? [byTest, bySeeds] : [bySeeds, byTest];
    const caught = (await layers[0]?.()) ?? (await layers[1]?.());
    if (caught === undefined) missed += 1;
    const { layer, when, finding } = caught ?? { layer: 'NOT CAUGHT', when: '', finding: '' };
    console.log(`| ${bug.rule} | ${bug.name} | ${layer} | ${when} | ${finding} |`);
  }
  await rm(copy, { recursive: true, force: true });
}

/** Seeds count from 1, so the first that is caught is also how many it took. */
async function caughtBySeeds(copy: string): Promise<Caught | undefined> {
  const script = join(copy, 'tests/simulation/simulate.js');
  const { stdout, stderr } = await run([script, '--seeds', `1..${seedsMax}`, '--first']);
  const match = /^seed (\d+): ([^\n]*)/m.exec(stdout);
  if (match !== null) {
    return { layer: 'seeds', when: match[1] ?? '', finding: (match[2] ?? '').slice(0, 60) };
  }
  if (stderr === '') return undefined;
  return { layer: 'seeds', when: '1', finding: 'the simulator itself fails' };
}

async function caughtByTest(copy: string, { test }: PlantedBug): Promise<Caught | undefined> {
  if (test === undefined) return undefined;
  const { failed, stdout } = await run([join(copy, 'tests', test)]);
  if (!failed) return undefined;
  const finding = /^ *not ok \d+ - ([^\n]*)/m.exec(stdout)?.[1] ?? 'it fails';
  return {
    layer: test.replace(/\.js$/, ''),
    when: values.first === 'tests' ? '' : `after ${seedsMax}`,
    finding,
  };
}

function run(
  arguments_: readonly string[],
): Promise<{ readonly failed: boolean; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    const options = { maxBuffer: OUTPUT_BYTES_MAX };
    execFile(process.execPath, arguments_, options, (error, stdout, stderr) => {
      resolve({ failed: error !== null, stdout, stderr });
    });
  });
}
