/** The first half of the seeds of every test run, and all that ever failed; see docs/testing.md. */
import t from 'tap';
import { PATIENCE_MILLISECONDS, runKnownSeeds, runSeeds } from './run-seeds.js';

t.test('seeds 1 to 260', { timeout: PATIENCE_MILLISECONDS }, (t) => runSeeds(t, 1, 260));
t.test('seeds that failed once', { timeout: PATIENCE_MILLISECONDS }, (t) => runKnownSeeds(t));
