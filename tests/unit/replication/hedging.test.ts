/** How long a silent replica is waited for before another is asked. */
import t from 'tap';
import { Hedging } from '../../../lib/replication/hedging.js';
import { ManualClock } from '../fakes.js';
import { LocalCluster } from '../local-cluster.js';
import { nameOf } from '../wire-names.js';

const LEAST = 50;
const LEFT = 5_000;

function listOf(...down: readonly string[]): { readonly order: readonly string[] } {
  return { order: ['n1', 'n2', 'n3'].filter((node) => !down.includes(node)) };
}

/** `node` answers now, once for each of these times. */
function answer(
  hedging: Hedging,
  clock: ManualClock,
  node: string,
  times: readonly number[],
): void {
  for (const time of times) hedging.note(node, clock.monotonicMilliseconds() - time);
}

const repeated = (count: number, time: number): number[] => Array<number>(count).fill(time);

t.test('the least while little is known, then what the other takes', (t) => {
  const clock = new ManualClock();
  const hedging = new Hedging(clock, LEAST);
  const patience = (...asked: string[]): number => hedging.patience(listOf(), asked, LEFT);
  t.equal(patience('n1', 'n2'), LEAST);
  answer(hedging, clock, 'n3', repeated(15, 300));
  t.equal(patience('n1', 'n2'), LEAST, 'fifteen answers are too few');
  answer(hedging, clock, 'n3', [300]);
  t.equal(patience('n1', 'n2'), 300);
  t.equal(patience('n1', 'n3'), LEAST, 'n2 may be fast');
  t.equal(patience('n1'), LEAST, 'the fastest of the others');
  answer(hedging, clock, 'n3', repeated(64, 3));
  t.equal(patience('n1', 'n2'), LEAST, 'it is fast again');
  t.end();
});

t.test('one slow answer in twenty is not the rule', (t) => {
  const clock = new ManualClock();
  const hedging = new Hedging(clock, LEAST);
  for (let i = 0; i < 4; i += 1) {
    answer(hedging, clock, 'n3', [...repeated(15, 80), ...(i === 0 ? [900] : [80])]);
  }
  t.equal(hedging.patience(listOf(), ['n1', 'n2'], LEFT), 80);
  for (let i = 0; i < 4; i += 1) answer(hedging, clock, 'n3', [...repeated(14, 80), 900, 900]);
  t.equal(hedging.patience(listOf(), ['n1', 'n2'], LEFT), 900);
  t.end();
});

t.test('half of the time is kept for the other, and old answers say nothing', async (t) => {
  const clock = new ManualClock();
  const hedging = new Hedging(clock, LEAST);
  answer(hedging, clock, 'n3', repeated(16, 700));
  t.equal(hedging.patience(listOf(), ['n1', 'n2'], 1_000), 500);
  t.equal(hedging.patience(listOf(), ['n1', 'n2'], 60), LEAST);
  t.equal(hedging.patience(listOf('n3'), ['n1', 'n2'], 1_000), 500, 'there is nobody else to ask');
  await clock.advance(20_000);
  t.equal(hedging.patience(listOf(), ['n1', 'n2'], LEFT), 700);
  await clock.advance(1);
  t.equal(hedging.patience(listOf(), ['n1', 'n2'], LEFT), LEAST);
});

t.test('few answers after many slow ones: the slow ones are forgotten, too', async (t) => {
  const clock = new ManualClock();
  const hedging = new Hedging(clock, LEAST);
  answer(hedging, clock, 'n3', repeated(16, 700));
  for (let second = 1; second <= 25; second += 1) {
    await clock.advance(1_000);
    answer(hedging, clock, 'n3', [5]);
    const patience = hedging.patience(listOf(), ['n1', 'n2'], LEFT);
    if (second <= 10) t.equal(patience, 700, `${second} s`);
    else if (second > 22) t.equal(patience, LEAST, `${second} s`);
  }
});

t.test('where all are slow nobody is asked twice; where one hangs another is', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const hedges = (): number => cluster.observers.get('n1')?.counts.get('quorate_hedges_total') ?? 0;
  const read = async (count: number): Promise<number> => {
    const before = hedges();
    for (let i = 0; i < count; i += 1) await cluster.get('n1', `k${i}`, { level: 'quorum' });
    return hedges() - before;
  };
  let answers = 0;
  cluster.network.delay = (_from, to) => {
    answers += to === 'n1' ? 1 : 0;
    return to === 'n1' ? 150 + ((answers * 7) % 50) : 0;
  };
  t.equal(await read(8), 8, 'each asks a third replica while it is not known better');
  await read(24);
  const hedged = await read(40);
  t.ok(hedged <= 10, `few of forty: ${hedged}`);

  const first = new Set<string>();
  cluster.network.gate = (from, to, message) => {
    if (nameOf(message) === 'coordination.read' && first.size === 0) first.add(to);
    return to !== 'n1' || !first.has(from);
  };
  const since = cluster.clock.monotonicMilliseconds();
  t.equal(await read(1), 1);
  const took = cluster.clock.monotonicMilliseconds() - since;
  t.ok(took > 300 && took < 450, `after the time of the other the other is asked: ${took} ms`);
});
