/** Requests that wait for the flags of their token. */
import t from 'tap';
import { Addressing } from '../../../lib/coordination/request/addressing.js';
import type { HeldClocks } from '../../../lib/coordination/session/held-clocks.js';
import { FlagWait } from '../../../lib/coordination/session/flag-wait.js';
import type { Clock } from '../../../lib/environment/clock.js';
import { NO_DOTS } from '../../../lib/versioning/dot-set.js';

t.test('a timer that comes after the deadline is a deadline that has passed', async (t) => {
  let now = 0;
  const clock = {
    monotonicMilliseconds: () => now,
    // The loop stood still meanwhile.
    after: (_: number, run: () => void) => {
      setImmediate(() => {
        now += 200;
        run();
      });
      return () => undefined;
    },
  } as unknown as Clock;
  const addressing = new Addressing({
    ...{ ownership: { partitionCount: 8 }, clock, isReady: () => true, keyBytesMax: 1024 },
    ...{ timeoutDefaultMilliseconds: 5000, timeoutMaxMilliseconds: 60_000 },
  } as unknown as ConstructorParameters<typeof Addressing>[0]);
  const held = {
    met: () => 1,
    ask: () => new Promise(() => undefined),
    clear: (session: unknown) => session,
  } as unknown as HeldClocks;
  const floor = { dots: NO_DOTS, flag: 'majority', one: false, mark: 0 } as const;
  const floors = new Map(Array.from({ length: 8 }, (_, partition) => [partition, floor] as const));
  const request = {
    ...{ namespace: 'n', key: 'k', session: { epoch: 1, floors }, level: undefined },
    ...{ timeoutMilliseconds: 100, fallbacks: [] },
  };
  const waited = Promise.resolve(
    new FlagWait(held, addressing, clock).before(request, (left) => addressing.deadline(left)),
  );
  await t.rejects(waited, { code: 'deadline_passed', outcome: 'none', retryable: true });
});
