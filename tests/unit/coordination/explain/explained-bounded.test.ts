/** Why a read at a bound asked more than one replica: what is said is what was met. */
import t from 'tap';
import type {
  BoundedReadCore,
  BoundedReadEffect,
} from '../../../../lib/coordination/read/bounded-read-core.js';
import { boundedCoreOf } from '../../../../lib/coordination/read/explained-bounded.js';
import { Explanation } from '../../../../lib/coordination/request/explanation.js';
import { stalenessDemand } from '../../../../lib/coordination/request/staleness-demand.js';
import { OperatingError } from '../../../../lib/errors.js';
import { given } from '../transcript.js';

interface Shown {
  readonly courses: readonly [{ readonly steps: readonly Record<string, unknown>[] }];
}

/** What is said of the question to one replica, and of the others that are asked then. */
function saidOf(
  head: string,
  happens: (core: BoundedReadCore) => readonly BoundedReadEffect[],
): unknown[] {
  const explanation = new Explanation('a', () => 0);
  const core = boundedCoreOf(
    {
      ...{ plan: given(head).plan, arrived: { at: 1000, skew: 0 }, patienceMilliseconds: 50 },
      demand: stalenessDemand('bounded-staleness', ['max=1s']),
      provenAt: () => ({ at: 900, skew: 0 }),
      ...{ asksRepair: false, isOfSession: false, isAnySuspect: false },
    },
    'a',
    explanation,
  );
  core.begin();
  happens(core);
  const { courses } = JSON.parse(explanation.text) as Shown;
  return courses[0].steps.map(({ did, answer, because }) => [did, answer ?? because ?? null]);
}

const FAILURE = new OperatingError('rebuilding', 'it is');
const REFUSED = { refused: 'rebuilding', message: 'it is' };

t.test('the own replica', async (t) => {
  const own = 'a b c at quorum';
  t.strictSame(
    saidOf(own, (core) => core.elapsed()),
    [
      ['ask', { refused: 'not synced in time' }],
      ['widen', 'slow disk'],
    ],
  );
  t.strictSame(
    saidOf(own, (core) => core.ownFailed(FAILURE)),
    [
      ['ask', REFUSED],
      ['widen', 'not covered'],
    ],
  );
  t.strictSame(
    saidOf(own, (core) => core.ownFailed(undefined)),
    [
      ['ask', { refused: 'not known to hold what the session has seen' }],
      ['widen', 'not covered'],
    ],
  );
});

t.test('the nearest replica, on another node', async (t) => {
  const near = 'b c d at quorum self=a';
  t.strictSame(
    saidOf(near, (core) => core.elapsed()),
    [
      ['ask', null],
      ['widen', 'near replica'],
    ],
  );
  t.strictSame(
    saidOf(near, (core) => core.nearFailed(FAILURE)),
    [
      ['ask', REFUSED],
      ['widen', 'near replica'],
    ],
  );
});
