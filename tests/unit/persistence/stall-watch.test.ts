/** A disk that does not answer is reported, once; one that is only slow is not. */
import fc from 'fast-check';
import t from 'tap';
import {
  LOOKS_MAX,
  type OpenCall,
  OpenCalls,
  StallWatch,
} from '../../../lib/persistence/stall-watch.js';
import { WatchedStorage } from '../../../lib/persistence/watched-storage.js';
import { CountingObserver, HeldStorage, ManualClock } from '../fakes.js';

const SYNC = { sync: true };
const END = '\u{10ffff}';

function watched() {
  const disk = new HeldStorage();
  const [observer, clock] = [new CountingObserver(), new ManualClock()];
  const stalls = new StallWatch({ clock, observer });
  return { disk, observer, clock, stalls, storage: new WatchedStorage(disk, stalls) };
}

t.test('a write that does not come back is reported once, and so is its end', async (t) => {
  const { disk, observer, clock, stalls, storage } = watched();
  disk.held = true;
  const write = storage.write([], SYNC);
  await clock.advance(4_900);
  t.equal(stalls.stalledMilliseconds, 0, 'a slow sync is none');
  t.same(observer.events, []);
  await clock.advance(60_000);
  t.equal(stalls.stalledMilliseconds, 64_900);
  t.same(observer.events, ['the disk does not answer']);
  await disk.release();
  await write;
  t.equal(stalls.stalledMilliseconds, 0);
  t.same(observer.events, ['the disk does not answer', 'the disk answers again']);
  t.equal(clock.waiting, 0, 'nothing is under way: nobody looks');
});

t.test('one that fails in the end has come back, too', async (t) => {
  const { disk, observer, clock, stalls, storage } = watched();
  disk.held = true;
  const write = storage.write([], SYNC);
  await clock.advance(10_000);
  await Promise.all([t.rejects(write), disk.fail()]);
  t.equal(stalls.stalledMilliseconds, 0);
  t.same(observer.events, ['the disk does not answer', 'the disk answers again']);
});

t.test('writes that come back in time, one behind the other, are no stall', async (t) => {
  const { disk, observer, clock, storage } = watched();
  disk.held = true;
  for (let n = 0; n < 20; n += 1) {
    const write = storage.write([], SYNC);
    await clock.advance(4_000);
    await disk.release();
    await write;
  }
  t.same(observer.events, []);
});

t.test('reads and looks at its files are watched as well', async (t) => {
  for (const ask of ['range', 'freeBytes', 'usedBytes'] as const) {
    const { disk, observer, clock, storage } = watched();
    let comesBack = (): void => undefined;
    disk[ask] = () =>
      new Promise<never>((_, reject) => {
        comesBack = () => reject(new Error('no such device'));
      });
    const all = { from: '', before: END, limit: 1 };
    const asked: Promise<unknown> = ask === 'range' ? storage.range(all) : storage[ask]();
    await clock.advance(6_000);
    t.same(observer.events, ['the disk does not answer'], ask);
    comesBack();
    await t.rejects(asked);
    t.equal(clock.waiting, 0);
  }
});

t.test('a process that stood still blames no disk', (t) => {
  const calls = new OpenCalls();
  const call = calls.begin('write', 0);
  // However much time has passed: it looks once after it.
  calls.look();
  t.equal(calls.stalled, undefined);
  calls.end(call);
  t.ok(calls.isEmpty);
  t.end();
});

interface Row {
  readonly call: OpenCall;
  looks: number;
}

type Step = 'begin' | 'look' | { readonly end: number };

function take(calls: OpenCalls, model: Row[], step: Step, now: number): void {
  if (step === 'begin') {
    model.push({ call: calls.begin('write', now), looks: 0 });
  } else if (step === 'look') {
    calls.look();
    for (const row of model) row.looks += 1;
  } else {
    const [row] = model.splice(step.end, 1);
    if (row !== undefined) calls.end(row.call);
  }
}

t.test('stalled is the oldest of those that enough looks have seen', (t) => {
  const step = fc.oneof(
    fc.constant('begin' as const),
    fc.constant('look' as const),
    fc.nat(5).map((end) => ({ end })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const calls = new OpenCalls();
      const model: Row[] = [];
      return steps.every((one, now) => {
        take(calls, model, one, now);
        const stalled = model.find(({ looks }) => looks >= LOOKS_MAX)?.call;
        return calls.isEmpty === (model.length === 0) && calls.stalled === stalled;
      });
    }),
    { numRuns: 2_000 },
  );
  t.end();
});
