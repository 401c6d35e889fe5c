/** When a peer is called again, and how much of it is logged. */
import t from 'tap';
import type { Cancel } from '../../../lib/environment/clock.js';
import { LimitedLog } from '../../../lib/platform/limited-log.js';
import { PeerDialer } from '../../../lib/platform/peer-dialer.js';

class FakeClock {
  now = 0;
  readonly delays: number[] = [];
  fire: (() => void) | undefined;

  wallMilliseconds(): number {
    return this.now;
  }

  monotonicMilliseconds(): number {
    return this.now;
  }

  after(delayMilliseconds: number, callback: () => void): Cancel {
    this.delays.push(delayMilliseconds);
    this.fire = callback;
    return () => {
      if (this.fire === callback) this.fire = undefined;
    };
  }
}

function make(persistent: boolean) {
  const clock = new FakeClock();
  const calls: (() => void)[] = [];
  const dialer = new PeerDialer({
    clock,
    random: { fraction: () => 1, bytes: (count) => new Uint8Array(count) },
    delayMinMilliseconds: 100,
    delayMaxMilliseconds: 1_000,
    persistent,
    dial: (failed) => {
      const index = calls.push(failed) - 1;
      return () => {
        calls[index] = () => t.fail('failed after it was cancelled');
      };
    },
  });
  return { clock, calls, dialer };
}

t.test('pauses double up to their limit, and begin anew after a link', async (t) => {
  const { clock, calls, dialer } = make(true);
  dialer.call();
  for (let n = 0; n < 6; n += 1) {
    calls.at(-1)?.();
    clock.fire?.();
  }
  t.strictSame(clock.delays, [100, 200, 400, 800, 1_000, 1_000]);
  dialer.connected(true);
  t.notOk(dialer.calling);
  dialer.callLater();
  t.equal(clock.delays.at(-1), 100);
  t.equal(calls.length, 7);
});

t.test('one call and one pause at a time', async (t) => {
  const { clock, calls, dialer } = make(true);
  dialer.call();
  dialer.call();
  dialer.callLater();
  t.strictSame([calls.length, clock.delays.length], [1, 0]);
  calls[0]?.();
  dialer.callLater();
  t.equal(clock.delays.length, 1);
  dialer.call();
  t.equal(clock.fire, undefined, 'a call ends the pause');
  t.equal(calls.length, 2);
  dialer.connected(false);
  t.notOk(dialer.calling, 'a link made by the other side ends the call');
});

t.test('a dialer that is not persistent calls once', async (t) => {
  const { clock, calls, dialer } = make(false);
  dialer.call();
  calls[0]?.();
  dialer.callLater();
  t.strictSame([calls.length, clock.delays.length], [1, 0]);
});

t.test('the log of strangers is short, and says how much it left out', async (t) => {
  const clock = new FakeClock();
  const lines: unknown[] = [];
  const observer = {
    log: (_severity: string, event: string, fields?: object) => lines.push({ event, ...fields }),
    count: () => undefined,
    measure: () => undefined,
  };
  const log = new LimitedLog(observer, clock);
  for (let n = 0; n < 25; n += 1) log.log('warn', 'refused', { n });
  t.equal(lines.length, 10);
  clock.now = 10_000;
  log.log('warn', 'refused', { n: 25 });
  log.log('warn', 'refused', { n: 26 });
  t.strictSame(lines.slice(10), [
    { event: 'refused', n: 25, suppressed: 15 },
    { event: 'refused', n: 26 },
  ]);
});
