/**
 * `node dist/tests/simulation/planted-bugs.js [--seeds-max N] [--only NAME]`: breaks one rule at
 * a time in a copy of the built code, and shows after how many seeds the simulator notices. Fails
 * where it never does.
 */
import { execFile } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

interface PlantedBug {
  readonly name: string;
  /** Below `lib/`, as it was built. */
  readonly file: string;
  /** Must be there once. */
  readonly right: string;
  readonly wrong: string;
}

const BUGS: readonly PlantedBug[] = [
  {
    name: 'the writer of a node is the same after a restart',
    file: 'versioning/writer.js',
    right: "Buffer.from(random.bytes(6)).toString('hex')",
    wrong: "'000000000000'",
  },
  {
    name: 'start numbers begin anew at every restart, and so do writers',
    file: 'persistence/minter.js',
    right: 'this.#writer = freshWriter(options.node, options.start, options.random);',
    wrong: "this.#writer = [options.node, 1, '000000000000'].join('.');",
  },
  {
    name: 'no hints are held',
    file: 'coordination/hold.js',
    right: 'const held = async () => hints.hold(target, at, record, durability).committed;',
    wrong: 'const held = async () => undefined;',
  },
  {
    name: 'hints leave before they are delivered',
    file: 'handoff/delivery.js',
    right: 'const left = batch.filter((_, place) => !refused.has(place));',
    wrong: 'const left = batch;',
  },
  {
    name: 'a stand-in keeps its writer after its hints have left',
    file: 'persistence/hint-store.js',
    right: 'this.#options.minter.takeFreshWriter(at.partition);',
    wrong: ';',
  },
  {
    name: 'reads do not repair before they answer',
    file: 'coordination/get.js',
    right: 'if (!(await writeBack(collaborators, back, repairs)))',
    wrong: 'if (false)',
  },
  {
    name: 'blind writes at quorum do not ask for the versions first',
    file: 'coordination/put.js',
    right: 'if (seen !== undefined && !keepsEnd)',
    wrong: 'if (seen !== seen + 1)',
  },
  {
    name: 'acknowledged before it is synced',
    file: 'persistence/store.js',
    right: "committed: durability === 'memory' ? Promise.resolve() : group.done",
    wrong: 'committed: Promise.resolve()',
  },
  {
    name: 'merges keep what the other side has superseded',
    file: 'versioning/siblings.js',
    right: 'else if (!covers(b.context, version.dot))',
    wrong: 'else',
  },
  {
    name: 'writes replace what their writers have not seen',
    file: 'versioning/siblings.js',
    right: '.filter((other) => !covers(seen, other.dot))',
    wrong: '.filter(() => false)',
  },
  {
    name: 'a writer is told to have seen all that its node holds',
    file: 'versioning/context.js',
    right: 'return { vector: seen.vector, beyond: joinDots(seen.beyond, [dot], seen.vector) };',
    wrong: 'return { vector: withDot(seen.vector, dot), beyond: [] };',
  },
  {
    name: 'puts that were passed on are executed as often as they arrive',
    file: 'replication/ask.js',
    right: 'if (handler.once && !this.#executed.note(from, id))',
    wrong: 'if (false)',
  },
  {
    name: 'a transaction that changes nothing waits for the next that does',
    file: 'persistence/store.js',
    right: 'if (this.#gathering.awaited)',
    wrong: 'if (this.#gathering.entries.size > 0 || this.#gathering.sync)',
  },
];

const COPY = 'dist/planted';

const { values } = parseArgs({
  options: {
    'seeds-max': { type: 'string', default: '1000' },
    /** Part of a name. */
    only: { type: 'string', default: '' },
  },
});
const seedsMax = Number(values['seeds-max']);

let missed = 0;
for (const bug of BUGS.filter(({ name }) => name.includes(values.only))) {
  await plant(bug);
  const { seed, finding } = await firstCaught();
  if (seed === undefined) missed += 1;
  const when = seed === undefined ? `not within ${seedsMax} seeds` : `after ${seed} seeds`;
  console.log(`${when.padEnd(26)} ${bug.name}${finding === '' ? '' : ` (${finding})`}`);
}
await rm(COPY, { recursive: true, force: true });
process.exitCode = missed > 0 ? 1 : 0;

async function plant({ name, file, right, wrong }: PlantedBug): Promise<void> {
  await rm(COPY, { recursive: true, force: true });
  await cp('dist/lib', join(COPY, 'lib'), { recursive: true });
  await cp('dist/tests/simulation', join(COPY, 'tests/simulation'), { recursive: true });
  const path = join(COPY, 'lib', file);
  const parts = (await readFile(path, 'utf8')).split(right);
  if (parts.length !== 2) {
    throw new Error(`"${name}" matches ${parts.length - 1} times in ${file}, not once`);
  }
  await writeFile(path, parts.join(wrong));
}

/** Seeds count from 1, so the first that is caught is also how many it took. */
function firstCaught(): Promise<{ readonly seed: number | undefined; readonly finding: string }> {
  const script = join(COPY, 'tests/simulation/simulate.js');
  return new Promise((resolve) => {
    const arguments_ = [script, '--seeds', `1..${seedsMax}`, '--first'];
    execFile(process.execPath, arguments_, { maxBuffer: 2 ** 26 }, (_error, stdout, stderr) => {
      const match = /^seed (\d+): ([^\n]*)/.exec(stdout);
      if (match !== null)
        resolve({ seed: Number(match[1]), finding: (match[2] ?? '').slice(0, 60) });
      else if (stderr === '') resolve({ seed: undefined, finding: '' });
      else resolve({ seed: 1, finding: 'the simulator itself fails' });
    });
  });
}
