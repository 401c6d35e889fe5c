/** Prints why browser tests cannot run here; nothing where they can. */
import { whyNoBrowser } from './browser.js';

process.stdout.write(whyNoBrowser() ?? '');
