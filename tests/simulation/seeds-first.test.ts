/** The first half of the seeds of every test run; see docs/testing.md. */
import t from 'tap';
import { PATIENCE_MILLISECONDS, runSeeds } from './run-seeds.js';

t.test('seeds 1 to 260', { timeout: PATIENCE_MILLISECONDS }, (t) => runSeeds(t, 1, 260));
