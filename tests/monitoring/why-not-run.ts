/** Prints why the monitoring suite cannot run here, and nothing where it can: for .ci/run. */
import { whyNoPrometheus } from './prometheus.js';

process.stdout.write(whyNoPrometheus() ?? '');
