/** What a disk needs from time to time: its clocks are written, and what has ended makes room. */
import type { Environment } from '../environment/environment.js';
import { Periodic } from '../environment/periodic.js';
import type { Disk } from './disk.js';

/** A page of what was kept each time: room lags behind age, what is shown does not. */
const SWEEP_INTERVAL_MILLISECONDS = 5000;

export function upkeepOf(
  environment: Environment,
  { health, clocks, versions, audits }: Disk,
  clockPersistIntervalMilliseconds: number,
): Periodic[] {
  const keeper = new Periodic(environment, {
    name: 'persist clocks',
    intervalMilliseconds: clockPersistIntervalMilliseconds,
    task: async () => {
      health.persist();
      await clocks.persist();
    },
  });
  const sweeper = new Periodic(environment, {
    name: 'sweep what was kept',
    intervalMilliseconds: SWEEP_INTERVAL_MILLISECONDS,
    task: async () => {
      await versions.sweep();
      await audits.sweep();
    },
  });
  return [keeper, sweeper];
}
