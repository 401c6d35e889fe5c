/** Large work takes turns; small work never waits. */
import t from 'tap';
import { LargeTurns } from '../../../../lib/api/http/large-turns.js';
import { LARGE_BYTES } from '../../../../lib/encoding/large.js';
import { SystemClock } from '../../../../lib/platform/system-clock.js';
import { TurnQueue } from '../../../../lib/platform/turn-queue.js';

t.test('one in a turn of the event loop, in the order of their coming', async (t) => {
  const turns = new LargeTurns(new SystemClock(), new TurnQueue(1).add);
  let turn = 0;
  let on = true;
  const count = (): void => {
    turn += 1;
    if (on) setImmediate(count);
  };
  count();
  const entered: [name: number, turn: number][] = [];
  const all = Array.from({ length: 20 }, async (_, name) => {
    await turns.next(LARGE_BYTES);
    entered.push([name, turn]);
  });
  await Promise.all(all);
  t.strictSame(
    entered.map(([name]) => name),
    Array.from({ length: 20 }, (_, name) => name),
  );
  t.equal(new Set(entered.map(([, in_]) => in_)).size, 20, 'no two in one turn');
  await turns.next(LARGE_BYTES);
  on = false;
});

t.test('what is small waits for nobody', async (t) => {
  const turns = new LargeTurns(new SystemClock(), new TurnQueue(1).add);
  const large = [turns.next(LARGE_BYTES), turns.next(1e6)];
  t.equal(turns.next(LARGE_BYTES - 1), undefined);
  t.equal(turns.next(0), undefined);
  await Promise.all(large);
});
