/** A machine that stands still: nothing happens on it, and then all that has waited, in order. */
import t from 'tap';
import { MachineTime, SimulatedClock } from './simulated-clock.js';
import { World } from './world.js';

function machineOf() {
  const world = new World(1);
  const time = new MachineTime(world);
  const clock = new SimulatedClock(world, time, 'n1', () => true);
  const seen: string[] = [];
  const note = (text: string) => (): void => {
    seen.push(`${text} at ${Math.round(world.now)}`);
  };
  return { world, time, clock, seen, note };
}

t.test('timers wait until the pause ends', async (t) => {
  const { world, time, clock, seen, note } = machineOf();
  time.pause(100);
  clock.after(10, note('first'));
  clock.after(20, note('second'));
  clock.after(150, note('third'));
  await world.runUntil(world.wait(200, 'test'));
  t.strictSame(seen, ['first at 100', 'second at 100', 'third at 150']);
});

t.test('what has waited goes on where the machine is resumed early', async (t) => {
  const { world, time, clock, seen, note } = machineOf();
  time.pause(1000);
  clock.after(10, note('first'));
  const cancel = time.whenRunning('test', note('cancelled'));
  time.whenRunning('test', note('second'));
  const known = time.known('test', Promise.resolve('a write')).then(note('a write is known'));
  await world.runUntil(world.wait(50, 'test'));
  t.strictSame(seen, []);
  cancel();
  time.resume();
  await world.runUntil(known);
  await world.runUntil(world.wait(0, 'test'));
  t.strictSame(seen.sort(), ['a write is known at 50', 'first at 50', 'second at 50']);
  await world.runUntil(world.wait(2000, 'test'));
  t.equal(seen.length, 3, 'once');
});

t.test('another pause goes on with what waits', async (t) => {
  const { world, time, clock, seen, note } = machineOf();
  time.pause(100);
  clock.after(10, note('it'));
  await world.runUntil(world.wait(50, 'test'));
  time.pause(200);
  await world.runUntil(world.wait(300, 'test'));
  t.strictSame(seen, ['it at 250']);
});

t.test('a machine that runs does not wait', (t) => {
  const { time, seen, note } = machineOf();
  time.whenRunning('test', note('it'));
  t.strictSame(seen, ['it at 0']);
  t.end();
});
