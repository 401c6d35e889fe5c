/** The same seed tells the same story in every process, to the last frame. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { simulate } from './simulation.js';

const SEEDS = [3, 21, 40];
const run = promisify(execFile);

/** Without what the test runner puts into the environment. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => name !== 'NODE_OPTIONS' && !name.startsWith('TAP'),
  );
  return Object.fromEntries(kept);
}

async function tellSeed(seed: number): Promise<string> {
  const script = 'dist/tests/simulation/simulate.js';
  const { stdout } = await run(process.execPath, [script, '--seed', String(seed)], {
    env: cleanEnvironment(),
  });
  return stdout;
}

t.test('two processes agree with each other and with this one', async (t) => {
  const digests = new Set<string>();
  for (const seed of SEEDS) {
    const [first, second] = [await tellSeed(seed), await tellSeed(seed)];
    t.equal(first, second, `seed ${seed}`);
    const here = await simulate(seed);
    const last = first.trim().split('\n').at(-1) ?? '';
    t.equal((JSON.parse(last) as { digest: string }).digest, here.digest);
    digests.add(here.digest);
  }
  t.equal(digests.size, SEEDS.length, 'seeds differ');
});

t.test('seeds that run before leave no trace', async (t) => {
  const alone = await simulate(5);
  await simulate(6);
  t.equal((await simulate(5)).digest, alone.digest);
});

t.test('what is no seed is refused with the usage', async (t) => {
  const script = 'dist/tests/simulation/simulate.js';
  const refused = run(process.execPath, [script, '--seed', 'x'], { env: cleanEnvironment() });
  await t.rejects(refused, { code: 2 });
});
