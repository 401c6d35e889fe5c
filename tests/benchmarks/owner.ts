/** Ends what a report has started, however the report ends. */
import type { Owner } from '../integration/real-cluster.js';

/** @returns an owner whose things end with this process, the last first */
export function processOwner(): Owner {
  const ends: (() => unknown)[] = [];
  process.once('exit', () => {
    for (const end of ends.reverse()) end();
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  return { teardown: (end) => ends.push(end) };
}
