/** Periodic tasks: never over themselves, on after a failure, silent after a stop. */
import t from 'tap';
import { Periodic } from '../../../lib/environment/periodic.js';
import { CountingObserver, ManualClock, SeededRandom, turn } from '../fakes.js';

function periodicOf(task: () => Promise<void> | void) {
  const world = {
    clock: new ManualClock(),
    random: new SeededRandom(1),
    observer: new CountingObserver(),
  };
  return {
    ...world,
    periodic: new Periodic(world, { name: 'x', intervalMilliseconds: 100, task }),
  };
}

t.test('runs about every interval, also after a failure, until it is stopped', async (t) => {
  let runs = 0;
  const { periodic, clock, observer } = periodicOf(() => {
    runs += 1;
    if (runs === 2) throw new Error('once');
  });
  await clock.advance(1_000);
  t.equal(runs, 0, 'not before the start');
  periodic.start();
  periodic.start();
  await clock.advance(1_000);
  t.ok(runs >= 9 && runs <= 11, `${runs} runs`);
  t.equal(observer.counts.get('quorate_background_failures_total x'), 1);
  const before = runs;
  await periodic.stop();
  await clock.advance(1_000);
  t.equal(runs, before);
  t.equal(clock.waiting, 0);
});

t.test('never over itself; a stop waits for the run under way', async (t) => {
  let finish = (): void => undefined;
  let runs = 0;
  const { periodic, clock } = periodicOf(() => {
    runs += 1;
    return new Promise((resolve) => {
      finish = resolve;
    });
  });
  periodic.start();
  await clock.advance(1_000);
  t.equal(runs, 1);
  let stopped = false;
  const stopping = periodic.stop().then(() => {
    stopped = true;
  });
  await turn();
  t.notOk(stopped);
  finish();
  await stopping;
  await clock.advance(1_000);
  t.equal(runs, 1);
});

t.test('started again while its last run goes on, it still never runs over itself', async (t) => {
  let finish = (): void => undefined;
  let under = 0;
  let most = 0;
  const { periodic, clock } = periodicOf(async () => {
    under += 1;
    most = Math.max(most, under);
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    under -= 1;
  });
  periodic.start();
  await clock.advance(150);
  t.equal(under, 1);
  void periodic.stop();
  periodic.start();
  await clock.advance(500);
  t.equal(most, 1, 'the next waits for the end of that');
  finish();
  await clock.advance(150);
  t.equal(under, 1, 'then it goes on');
  t.equal(clock.waiting, 0);
  finish();
  await periodic.stop();
});
