/** `simulate-schedule.js --schedule NAME --seed N [--verbose]`; without a name: all of them. */
import { parseArgs } from 'node:util';
import { wholeNumber } from '../whole-number.js';
import { ScheduleRun } from './run-schedule.js';
import { SCHEDULES, type ScheduleName } from './schedules.js';

const { values } = parseArgs({
  options: {
    schedule: { type: 'string' },
    seed: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
  },
});

const seed = wholeNumber('--seed', values.seed, 0);
const names = Object.keys(SCHEDULES) as ScheduleName[];
const chosen = names.filter((name) => values.schedule === undefined || values.schedule === name);
if (chosen.length === 0) {
  console.error(`there is no schedule "${values.schedule}"; there are ${names.join(' | ')}`);
  process.exitCode = 2;
}
for (const name of chosen) {
  const narrate = values.verbose ? (line: string) => console.log(line) : undefined;
  const run = new ScheduleRun(name, seed, narrate);
  const { findings, availability, digest } = await run.run();
  console.log(`\n${name}, seed ${seed}, digest ${digest}\n${availability.table()}`);
  for (const { checker, key, message } of findings) console.log(`! ${checker} ${key}: ${message}`);
  for (const surprise of availability.surprises) console.log(`! ${surprise}`);
  if (findings.length + availability.surprises.length > 0) process.exitCode = 1;
}
