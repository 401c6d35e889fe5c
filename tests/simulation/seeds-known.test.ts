/** All seeds that ever failed; see docs/testing.md. */
import t from 'tap';
import { PATIENCE_MILLISECONDS, runKnownSeeds } from './run-seeds.js';

t.test('seeds that failed once', { timeout: PATIENCE_MILLISECONDS }, (t) => runKnownSeeds(t));
