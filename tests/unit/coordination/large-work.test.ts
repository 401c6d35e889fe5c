/** Large values wait for their turn, small ones do not, and what waits too long was not written. */
import t from 'tap';
import { LargeWork } from '../../../lib/coordination/request/large-work.js';
import { LocalCluster } from '../local-cluster.js';
import { ManualClock, turn } from '../fakes.js';

const MEBIBYTE = 1024 * 1024;

/** Writes that go on until they are told to end. */
function writesOf(large: LargeWork) {
  const running = new Map<string, () => void>();
  const write = async (name: string, bytes: number, deadline = 1_000): Promise<string> =>
    large.run(bytes, deadline, async () => {
      await new Promise<void>((resolve) => running.set(name, resolve));
      running.delete(name);
      return name;
    });
  const end = async (name: string): Promise<void> => {
    running.get(name)?.();
    for (let i = 0; i < 3; i += 1) await turn();
  };
  return { running, write, end };
}

t.test('a few large ones at a time, in their order; small ones at once', async (t) => {
  const { running, write, end } = writesOf(new LargeWork(new ManualClock(), 4 * MEBIBYTE));
  const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => write(name, MEBIBYTE));
  all.push(write('small', 1_000));
  await turn();
  t.same([...running.keys()].sort(), ['a', 'b', 'c', 'd', 'small']);
  await end('b');
  t.same([...running.keys()].sort(), ['a', 'c', 'd', 'e', 'small']);
  for (const name of ['a', 'c', 'd', 'e', 'f', 'small']) await end(name);
  t.same(await Promise.all(all), ['a', 'b', 'c', 'd', 'e', 'f', 'small']);
});

t.test('one that is larger than the room goes alone, and nobody starves', async (t) => {
  const { running, write, end } = writesOf(new LargeWork(new ManualClock(), 4 * MEBIBYTE));
  const all = [write('a', MEBIBYTE), write('huge', 9 * MEBIBYTE), write('b', MEBIBYTE)];
  await turn();
  t.same([...running.keys()], ['a']);
  await end('a');
  t.same([...running.keys()], ['huge']);
  await end('huge');
  t.same([...running.keys()], ['b']);
  await end('b');
  await Promise.all(all);
});

t.test('what fails gives its room back, and what waits too long was not written', async (t) => {
  const clock = new ManualClock();
  const large = new LargeWork(clock, 4 * MEBIBYTE);
  const failed = large.run(4 * MEBIBYTE, 1_000, () => Promise.reject(new Error('no')));
  await t.rejects(failed, { message: 'no' });
  const { running, write, end } = writesOf(large);
  const first = write('a', 4 * MEBIBYTE);
  const late = write('b', 4 * MEBIBYTE, clock.monotonicMilliseconds() + 50);
  const patient = write('c', MEBIBYTE, clock.monotonicMilliseconds() + 500);
  const refused = t.rejects(late, { code: 'deadline_passed', outcome: 'none' });
  await clock.advance(60);
  await refused;
  await end('a');
  t.same([...running.keys()], ['c']);
  await end('c');
  t.same(await Promise.all([first, patient]), ['a', 'c']);
});

t.test(
  'many large puts at once succeed on whole nodes, whose queues hold few of them',
  async (t) => {
    const valueBytesMax = MEBIBYTE;
    const limits = { valueBytesMax, recordBytesMax: 2 * MEBIBYTE };
    const cluster = await LocalCluster.of({ limits });
    t.teardown(() => cluster.stop());
    const value = (i: number): Uint8Array => Buffer.alloc(MEBIBYTE, i);
    const plain = { state: 'value', contentType: 'a/b', ttlSeconds: undefined } as const;
    const keys = Array.from({ length: 24 }, (_, i) => `k${i}`);
    const puts = keys.map((key, i) =>
      cluster.put('n1', key, '', { change: { ...plain, value: value(i) }, level: 'all' }),
    );
    const small = cluster.put('n1', 'small', '1');
    await Promise.all([...puts, small]);
    for (const [i, key] of keys.entries()) {
      const { siblings } = await cluster.get('n2', key);
      t.equal(Buffer.compare(siblings[0]?.value ?? Buffer.alloc(0), value(i)), 0);
    }
  },
);
