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

function make() {
  const clock = new FakeClock();
  const calls: (() => void)[] = [];
  const called: string[] = [];
  const dialer = new PeerDialer({
    clock,
    random: { fraction: () => 1, bytes: (count) => new Uint8Array(count) },
    delayMinMilliseconds: 100,
    delayMaxMilliseconds: 1_000,
    dial: (address, failed) => {
      called.push(address);
      const index = calls.push(failed) - 1;
      return () => {
        calls[index] = () => t.fail('failed after it was cancelled');
      };
    },
  });
  dialer.setAddresses(['a:1']);
  return { clock, calls, called, dialer };
}

t.test('pauses double up to their limit, and begin anew after a link', async (t) => {
  const { clock, calls, dialer } = make();
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
  const { clock, calls, dialer } = make();
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

t.test('each call that fails is followed by one to the next address', async (t) => {
  const { clock, calls, called, dialer } = make();
  t.ok(dialer.setAddresses(['a:1', 'b:1', 'c:1']));
  t.notOk(dialer.setAddresses(['a:1', 'b:1', 'c:1']));
  const again = (): void => {
    calls.at(-1)?.();
    clock.fire?.();
  };
  dialer.call();
  for (let n = 0; n < 3; n += 1) again();
  t.strictSame(called, ['a:1', 'b:1', 'c:1', 'a:1']);
  t.ok(dialer.setAddresses(['d:1', 'b:1']), 'it has moved');
  again();
  t.equal(called.at(-1), 'b:1', 'a call that has failed is followed by the next address');
  dialer.connected(true);
  dialer.call();
  t.equal(called.at(-1), 'd:1', 'after a link the likeliest is called first');
  const { calls: none, dialer: lost } = make();
  lost.setAddresses([]);
  lost.call();
  t.strictSame([none.length, lost.calling], [0, false], 'nobody knows where it is');
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
