/** The second half of the seeds of every test run; see docs/testing.md. */
import t from 'tap';
import { PATIENCE_MILLISECONDS, runSeeds } from './run-seeds.js';

t.test('seeds 261 to 520', { timeout: PATIENCE_MILLISECONDS }, (t) => runSeeds(t, 261, 520));
