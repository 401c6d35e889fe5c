/** What a peer remembers against what a disk shows: when is it older than its node? */
import fc from 'fast-check';
import t from 'tap';
import { highest, isRolledBack, NO_NUMBERS } from '../../../lib/membership/disk-numbers.js';

const rows: [string, [number, number], [number, number], boolean][] = [
  ['the first start', [1, 0], [0, 0], false],
  ['a restart', [4, 90], [3, 90], false],
  ['a restart after commits that nobody knows of', [4, 95], [3, 90], false],
  ['several starts that met nobody', [9, 90], [3, 90], false],
  ['an older disk, to the same start', [4, 80], [4, 90], true],
  ['an older disk, with as many starts as it takes', [7, 80], [3, 90], true],
  ['an older start under the same commits', [3, 90], [3, 90], true],
  ['an empty disk', [1, 0], [3, 90], true],
  ['an empty disk of a node that never committed', [1, 0], [1, 0], true],
];
for (const [name, [start, commit], [oldStart, oldCommit], expected] of rows) {
  t.test(name, (t) => {
    const remembered = { start: oldStart, commit: oldCommit };
    t.equal(isRolledBack({ start, commit }, remembered), expected);
    t.end();
  });
}

const numbers = fc.record({ start: fc.nat(20), commit: fc.nat(20) }, { noNullPrototype: true });

t.test('laws of what is remembered', (t) => {
  fc.assert(
    fc.property(numbers, numbers, numbers, (a, b, c) => {
      const ab = highest(a, b);
      t.strictSame(ab, highest(b, a));
      t.strictSame(highest(ab, c), highest(a, highest(b, c)));
      t.strictSame(highest(ab, b), ab);
      t.strictSame(highest(a, NO_NUMBERS), a);
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(numbers, numbers, numbers, (found, a, b) => {
      // Whoever remembers more never excuses a disk that another accuses.
      const worst = isRolledBack(found, a) || isRolledBack(found, b);
      return isRolledBack(found, highest(a, b)) === worst;
    }),
    { numRuns: 10_000 },
  );
  t.end();
});

type Step = 'start' | 'commit' | 'tell' | 'copy' | 'restore';

/** A disk and one peer, through starts and commits; a copy of the disk may be put back. */
function live(steps: readonly Step[]) {
  let disk = { start: 0, commit: 0 };
  let copy = disk;
  let reported = NO_NUMBERS;
  const verdicts: { readonly rolledBack: boolean; readonly missing: boolean }[] = [];
  let running = false;
  for (const step of steps) {
    if (step === 'start') {
      disk = { start: disk.start + 1, commit: disk.commit };
      const rolledBack = isRolledBack(disk, reported);
      verdicts.push({ rolledBack, missing: disk.commit < reported.commit });
      if (rolledBack) disk = highest(disk, { start: reported.start + 1, commit: reported.commit });
      running = true;
    } else if (step === 'commit' && running) disk = { ...disk, commit: disk.commit + 1 };
    else if (step === 'tell' && running) reported = highest(reported, disk);
    else if (step === 'copy') copy = disk;
    else if (step === 'restore') {
      disk = copy;
      running = false;
    }
  }
  return verdicts;
}

const step = fc.constantFrom<Step>('start', 'commit', 'commit', 'tell', 'copy', 'restore');

t.test('a disk that lacks what a peer was answered of is always noticed', (t) => {
  let missed = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 40 }), (steps) => {
      const verdicts = live(steps);
      missed += verdicts.filter(({ missing }) => missing).length;
      return verdicts.every(({ rolledBack, missing }) => rolledBack || !missing);
    }),
    { numRuns: 10_000 },
  );
  t.ok(missed > 100, `${missed} disks lacked something`);
  t.end();
});

t.test('a disk that nobody rolled back is never accused', (t) => {
  const honest = fc.constantFrom<Step>('start', 'commit', 'tell', 'copy');
  fc.assert(
    fc.property(fc.array(honest, { maxLength: 40 }), (steps) =>
      live(steps).every(({ rolledBack }) => !rolledBack),
    ),
    { numRuns: 10_000 },
  );
  t.end();
});
