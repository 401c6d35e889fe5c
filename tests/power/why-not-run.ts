/** Prints why the power-loss suite cannot run here, and nothing where it can: for .ci/run. */
import { whyNoPowerCut } from './disk-images.js';

const why = await whyNoPowerCut();
if (why !== undefined) console.log(why);
