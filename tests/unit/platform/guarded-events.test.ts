/** What throws where strangers are listened to: one connection ends, and it is reported. */
import { EventEmitter } from 'node:events';
import t from 'tap';
import { GuardedEvents } from '../../../lib/platform/guarded-events.js';
import { LimitedLog } from '../../../lib/platform/limited-log.js';
import { CountingObserver, ManualClock } from '../fakes.js';

function guarded() {
  const clock = new ManualClock();
  const observer = new CountingObserver();
  const log = new LimitedLog(observer, clock);
  return {
    clock,
    observer,
    events: new GuardedEvents({ listener: 'peers', clock, log, observer }),
  };
}

const bug = (): void => {
  throw new Error('a bug');
};

t.test('a throw closes what it was about, and is counted', async (t) => {
  const { events, observer, clock } = guarded();
  const emitter = new EventEmitter();
  const closed: unknown[] = [];
  const close = (...args: [string, number]): void => void closed.push(...args);
  const cancel = events.on(emitter, 'upgrade', close, (_text: string, _n: number) => bug());
  t.doesNotThrow(() => emitter.emit('upgrade', 'a', 1));
  t.same(closed, ['a', 1]);
  events.after(5, () => closed.push('late'), bug);
  await clock.advance(10);
  t.same(closed, ['a', 1, 'late']);
  t.equal(observer.counts.get('quorate_listener_failures_total peers'), 2);
  cancel();
  emitter.emit('upgrade', 'b', 2);
  t.equal(closed.length, 3, 'it listens no more');
});

t.test('closing may throw, too', async (t) => {
  const { events, observer } = guarded();
  const emitter = new EventEmitter();
  events.on(emitter, 'message', bug, bug);
  t.doesNotThrow(() => emitter.emit('message'));
  t.equal(observer.counts.get('quorate_listener_failures_total peers'), 2);
});

t.test('what strangers cause fills no log', async (t) => {
  const { events, observer, clock } = guarded();
  const emitter = new EventEmitter();
  events.on(emitter, 'message', () => undefined, bug);
  for (let n = 0; n < 1_000; n += 1) emitter.emit('message');
  t.equal(observer.events.length, 10);
  await clock.advance(10_000);
  emitter.emit('message');
  t.equal(observer.events.length, 11);
  t.equal(observer.counts.get('quorate_listener_failures_total peers'), 1_001, 'all are counted');
});
