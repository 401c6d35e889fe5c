/** Background work takes its share of the time beside those who wait, and ends when it must. */
import t from 'tap';
import { ForegroundLoad } from '../../../lib/environment/foreground-load.js';
import { Pauses } from '../../../lib/environment/pauses.js';
import { ManualClock } from '../fakes.js';

function world() {
  const clock = new ManualClock();
  const foreground = new ForegroundLoad();
  return { clock, foreground, pauses: new Pauses({ clock, foreground }) };
}

t.test('the share shrinks with those who wait, and is never nothing', async (t) => {
  const foreground = new ForegroundLoad();
  t.equal(foreground.backgroundShare, 1);
  foreground.enter(8);
  t.equal(foreground.backgroundShare, 0.5);
  foreground.enter(16);
  t.equal(foreground.backgroundShare, 0.25);
  foreground.enter(1_000_000);
  t.equal(foreground.backgroundShare, 0.05);
  foreground.leave(1_000_024);
  t.equal(foreground.requests, 0);
  t.equal(foreground.backgroundShare, 1);
});

t.test('a rest is so long that the step before it had its share, up to a bound', async (t) => {
  const { clock, foreground, pauses } = world();
  const restAfter = async (worked: number, requests: number): Promise<number> => {
    foreground.enter(requests);
    const beganAt = clock.monotonicMilliseconds();
    await clock.advance(worked);
    let over: number | undefined;
    const rest = pauses.rest(beganAt).then(() => {
      over = clock.monotonicMilliseconds() - beganAt - worked;
    });
    for (let i = 0; i < 3_000 && over === undefined; i += 1) await clock.advance(1);
    await rest;
    foreground.leave(requests);
    return over ?? Number.NaN;
  };
  t.ok((await restAfter(10, 0)) <= 1, 'nobody waits: only a turn of the loop');
  t.equal(await restAfter(10, 8), 10, 'half');
  t.equal(await restAfter(10, 24), 30, 'a quarter');
  t.equal(await restAfter(10, 1e9), 190, 'the least');
  t.equal(await restAfter(60_000, 1e9), 2_000, 'the step waited for a peer that was slow');
});

t.test('a stop ends what rests, and later rests take no time', async (t) => {
  const { clock, foreground, pauses } = world();
  foreground.enter(8);
  const beganAt = clock.monotonicMilliseconds();
  await clock.advance(10);
  const rest = pauses.rest(beganAt);
  pauses.stop();
  await rest;
  await pauses.rest(beganAt);
  t.ok(pauses.isStopped);
});
