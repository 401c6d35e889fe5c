/** What the real clock and chance promise beyond their libraries. */
import t from 'tap';
import { SystemClock } from '../../../lib/platform/system-clock.js';
import { SystemRandom } from '../../../lib/platform/system-random.js';

const clock = new SystemClock();

t.test('a timer is never early', async (t) => {
  const early: number[] = [];
  const timers = Array.from({ length: 40 }, (_, n) => {
    const began = clock.monotonicMilliseconds();
    // Timers of a turn that takes long count from its beginning.
    while (clock.monotonicMilliseconds() - began < 1.3);
    return new Promise<void>((resolve) => {
      const due = clock.monotonicMilliseconds() + n / 2;
      clock.after(n / 2, () => {
        const left = due - clock.monotonicMilliseconds();
        if (left > 0) early.push(left);
        resolve();
      });
    });
  });
  await Promise.all(timers);
  t.strictSame(early, []);
});

t.test('a cancelled timer does not fire, a very long one does not fire at once', async (t) => {
  let fired = 0;
  const fire = (): void => {
    fired += 1;
  };
  const cancels = [clock.after(1, fire), clock.after(2 ** 40, fire)];
  cancels[0]?.();
  const done = new Promise<void>((resolve) => {
    clock.after(20, resolve);
  });
  await done;
  for (const cancel of cancels) cancel();
  t.equal(fired, 0);
});

t.test('wall and monotonic time', async (t) => {
  t.ok(Math.abs(clock.wallMilliseconds() - Date.now()) < 1_000);
  const readings = Array.from({ length: 1_000 }, () => clock.monotonicMilliseconds());
  t.strictSame(
    readings,
    readings.toSorted((a, b) => a - b),
  );
});

t.test('chance', async (t) => {
  const random = new SystemRandom();
  const fractions = Array.from({ length: 1_000 }, () => random.fraction());
  t.ok(fractions.every((fraction) => fraction >= 0 && fraction < 1));
  t.ok(new Set(fractions).size > 990);
  t.equal(random.bytes(16).length, 16);
  t.notSame(random.bytes(16), random.bytes(16));
});
