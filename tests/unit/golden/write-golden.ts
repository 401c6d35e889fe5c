/** Records the bytes of all formats; refuses where one changed and its version did not. */
import { recordGolden } from './golden-bytes.js';
import { GOLDEN_SETS } from './golden-sets.js';

for (const set of GOLDEN_SETS) recordGolden(set);
