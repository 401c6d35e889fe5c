/** Bugs in writes without a context (docs/architecture.md, W6). */
import type { PlantedBug } from './planted-bug.js';

export const BLIND_WRITE_BUGS: readonly PlantedBug[] = [
  {
    rule: 'W6',
    name: 'a stamp is taken from the clock alone',
    file: 'versioning/hybrid-clock.js',
    right: 'return Math.max(now, shown + 1);',
    wrong: 'return now;',
    test: 'unit/replica/intent.test.js',
  },
  {
    rule: 'W6',
    name: 'a context is handed out without its stamp',
    file: 'versioning/causal-context.js',
    right: 'const flat = [FORMAT, epoch, stamp, vector.size];',
    wrong: 'const flat = [FORMAT, epoch, 0, vector.size];',
    test: 'unit/versioning/causal-context.test.js',
  },
];
