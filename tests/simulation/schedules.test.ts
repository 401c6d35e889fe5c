/** Every schedule of cuts, over a few seeds: what each side may do, and what is left. */
import t from 'tap';
import { ScheduleRun } from './run-schedule.js';
import { SCHEDULES, type Schedule, type ScheduleName } from './schedules.js';

/** Some take 2 s of a core; more of them: SCHEDULE_SEEDS=10 (docs/testing.md). */
const SEEDS = Array.from({ length: Number(process.env['SCHEDULE_SEEDS'] ?? 1) }, (_, n) => n + 1);
const names = Object.keys(SCHEDULES) as ScheduleName[];
const AWAY: ScheduleName = 'a replica away for longer than tombstones are kept';

for (const name of names) {
  t.test(name, async (t) => {
    const schedule: Schedule = SCHEDULES[name];
    const collected = { whileCut: 0, afterwards: 0 };
    for (const seed of SEEDS) {
      const result = await new ScheduleRun(name, seed).run();
      const replay = `node dist/tests/simulation/simulate-schedule.js --schedule "${name}" --seed`;
      t.strictSame(result.findings, [], `seed ${seed} without findings`, {
        replay: `${replay} ${seed}`,
      });
      t.strictSame(result.availability.surprises, [], 'each outcome follows from the ring');
      if (seed === SEEDS[0]) t.comment(`\n${result.availability.table()}`);
      for (const phase of schedule.phases) {
        for (const side of Object.keys(phase.sides)) {
          const { ok, tried } = result.availability.count(side, 'eventual', 'put');
          t.ok(tried > 0 && ok === tried, `${side}: every write at eventual (${ok} of ${tried})`);
        }
      }
      collected.whileCut += result.collectedWhileCut;
      collected.afterwards += result.collectedAfterwards;
    }
    if (name !== AWAY) return;
    t.equal(collected.whileCut, 0, 'no tombstone goes while a replica is away');
    t.ok(collected.afterwards > 0, 'tombstones were collected after the heal');
  });
}
