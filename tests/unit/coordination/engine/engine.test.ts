/** The engine: what is over hears nothing more, and one timer wakes all that wait. */
import fc from 'fast-check';
import t from 'tap';
import { type Core, Engine, NOTHING } from '../../../../lib/coordination/engine/engine.js';
import { ManualClock } from '../../fakes.js';

/** Says what it is told, and ends where it is told to. */
class Reported implements Core<string> {
  now = 0;
  wakesAt: number;
  isDone = false;
  readonly woken: number[] = [];

  constructor(wakesAt = Number.POSITIVE_INFINITY) {
    this.wakesAt = wakesAt;
  }

  begin(): readonly string[] {
    return ['begun'];
  }

  say(...words: readonly string[]): readonly string[] {
    return words;
  }

  end(): readonly string[] {
    this.isDone = true;
    return ['ended'];
  }

  elapsed(): readonly string[] {
    this.woken.push(this.now);
    return this.end();
  }
}

function engine() {
  const clock = new ManualClock();
  const done: string[] = [];
  const engine = new Engine(clock);
  const run = (core: Reported, name = '') => engine.run(core, (effect) => done.push(name + effect));
  return { clock, engine, run, done };
}

t.test('effects are performed in order, those of the beginning before run returns', async (t) => {
  const { engine: one, run, done } = engine();
  const operation = run(new Reported());
  t.strictSame(done, ['begun']);
  operation.dispatch((core) => core.say('a', 'b'));
  t.strictSame(done, ['begun', 'a', 'b']);
  t.equal(one.size, 1);
});

t.test('what is over hears nothing more, and is closed once', async (t) => {
  const { engine: one, run, done } = engine();
  const operation = run(new Reported());
  operation.dispatch((core) => core.end());
  t.equal(one.size, 0);
  operation.dispatch((core) => core.say('too late'));
  operation.sweep(1e9);
  t.strictSame(done, ['begun', 'ended']);
  t.throws(() => one.close(operation), /closed once/);
});

t.test('an operation that ends leaves its place to the last, wherever it stood', async (t) => {
  const law = fc.property(fc.array(fc.nat(99), { minLength: 1, maxLength: 20 }), (order) => {
    const { engine: one, run, done } = engine();
    const open = order.map((_, i) => run(new Reported(), `${i} `));
    const names = order.map((_, i) => i);
    for (const which of order) {
      const [operation] = open.splice(which % open.length, 1);
      const [name] = names.splice(which % names.length, 1);
      operation?.dispatch((core) => core.end());
      if (done.at(-1) !== `${name} ended` || one.size !== open.length) return false;
      for (const [i, other] of open.entries()) {
        other.dispatch((core) => core.say('here'));
        if (done.at(-1) !== `${names[i]} here`) return false;
      }
    }
    return one.size === 0;
  });
  fc.assert(law, { numRuns: 500 });
  t.pass();
});

t.test('an effect may end its own operation, or another one', async (t) => {
  const { engine: one } = engine();
  const other = one.run(new Reported(), () => undefined);
  const own = one.run(new Reported(), (effect, operation) => {
    if (effect === 'go') {
      other.dispatch((core) => core.end());
      operation.dispatch((core) => core.end());
    }
  });
  own.dispatch((core) => core.say('go'));
  t.equal(one.size, 0);
});

t.test('one timer wakes each when its time has come, and knows how long it took', async (t) => {
  const { clock, engine: one, run } = engine();
  const [late, soon] = [new Reported(300), new Reported(100)];
  run(late);
  await clock.advance(50);
  run(soon);
  await clock.advance(99);
  t.strictSame([soon.woken, late.woken], [[], []]);
  await clock.advance(1);
  t.strictSame([soon.woken, late.woken], [[100], []], 'since it began');
  await clock.advance(150);
  t.strictSame([soon.woken, late.woken], [[100], [300]]);
  t.equal(one.size, 0);
});

t.test('a time that comes nearer is kept, and so is one that moves away', async (t) => {
  const { clock, run } = engine();
  const core = new Reported(500);
  const operation = run(core);
  core.wakesAt = 40;
  operation.dispatch(() => NOTHING);
  await clock.advance(20);
  core.wakesAt = 200;
  operation.dispatch(() => NOTHING);
  await clock.advance(179);
  t.strictSame(core.woken, []);
  await clock.advance(1);
  t.strictSame(core.woken, [200]);
});

t.test('what is woken may begin others and end some, in the same sweep', async (t) => {
  const { clock, engine: one, run } = engine();
  const [second, begun] = [new Reported(100), new Reported(30)];
  one.run(new Reported(100), (effect) => {
    if (effect !== 'ended') return;
    open.dispatch((core) => core.end());
    run(begun);
  });
  const open = run(second);
  await clock.advance(100);
  t.strictSame([second.woken, one.size], [[], 1], 'it was over when its turn came');
  await clock.advance(30);
  t.strictSame([begun.woken, one.size], [[30], 0]);
});

t.test('nothing open, no timer: a stopped process is not kept alive', async (t) => {
  let timers = 0;
  const clock = new ManualClock();
  const engine = new Engine({
    monotonicMilliseconds: () => clock.monotonicMilliseconds(),
    wallMilliseconds: () => clock.wallMilliseconds(),
    after: (milliseconds, run) => {
      timers += 1;
      const cancel = clock.after(milliseconds, () => {
        timers -= 1;
        run();
      });
      return () => {
        timers -= 1;
        cancel();
      };
    },
  });
  const operations = [100, 200].map((wakesAt) =>
    engine.run(new Reported(wakesAt), () => undefined),
  );
  t.equal(timers, 1, 'one for both');
  for (const operation of operations) operation.dispatch((core) => core.end());
  t.equal(timers, 0);
});
