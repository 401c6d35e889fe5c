/** Hints that arrive together are taken together, and each is answered for itself. */
import t from 'tap';
import { ForegroundLoad } from '../../../lib/environment/foreground-load.js';
import { OperatingError } from '../../../lib/errors.js';
import { type HintIntakeOptions, serveHintIntake } from '../../../lib/hints/hint-intake.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import type { Settle } from '../../../lib/replica/group-answers.js';
import type { ArrivedCopy } from '../../../lib/replica/group-apply.js';
import type { Messenger } from '../../../lib/rpc/messenger.js';
import { ManualClock } from '../fakes.js';

const PARTITIONS = 16;
const FOREIGN = 'foreign';

interface Taken {
  readonly copies: readonly ArrivedCopy[];
  readonly settle: Settle;
}

type Answer = Promise<{ refused: [number, string][] }>;

function setUp() {
  const clock = new ManualClock();
  const taken: Taken[] = [];
  let deliver: (keys: readonly string[]) => Answer = () => Promise.reject(new Error('no handler'));
  const messenger = {
    handle: (_type: unknown, handler: (body: unknown, incoming: unknown) => Answer): void => {
      deliver = (keys) => {
        const hints = keys.map((key) => {
          return { namespace: 'default', key, record: Buffer.from(key) };
        });
        return handler({ hints }, { from: 'n2', deadline: clock.monotonicMilliseconds() + 1000 });
      };
    },
  } as unknown as Messenger;
  const foreign = recordKey('default', FOREIGN, PARTITIONS).partition;
  const options = {
    clock,
    foreground: new ForegroundLoad(),
    ownership: { partitionCount: PARTITIONS, isOwn: (partition: number) => partition !== foreign },
    replica: { take: (copies: ArrivedCopy[], settle: Settle) => taken.push({ copies, settle }) },
    store: { queueFill: 0 },
    lag: { noteHints: () => undefined },
    observer: { log: () => undefined },
    hintsPerSecondMax: 1000,
    hintBatchSize: 100,
  } as unknown as HintIntakeOptions;
  serveHintIntake(messenger, options);
  return { clock, taken, deliver: (keys: readonly string[]) => deliver(keys) };
}

const outcome = (place: number, error?: Error) => {
  return { place, fate: undefined, report: undefined, error };
};

t.test(
  'all of a message are one group, and one that is refused is named by its place',
  async (t) => {
    const { taken, deliver } = setUp();
    const answer = deliver(['a', FOREIGN, 'b', 'c']);
    t.equal(taken.length, 1, 'one group');
    const [group] = taken;
    t.same(
      group?.copies.map(({ at, durability }) => [at.key, durability]),
      [
        ['a', 'sync'],
        ['b', 'sync'],
        ['c', 'sync'],
      ],
    );
    group?.settle([outcome(1, new OperatingError('read_only', 'no room'))]);
    group?.settle([outcome(0), outcome(2)]);
    t.same((await answer).refused, [
      [1, 'wrong_epoch'],
      [2, 'read_only'],
    ]);
  },
);

t.test('what is not settled in time is refused, and the rest was taken', async (t) => {
  const { clock, taken, deliver } = setUp();
  const answer = deliver(['a', 'b', 'c', 'd']);
  taken[0]?.settle([outcome(3)]);
  await clock.advance(950);
  t.same((await answer).refused, [
    [0, 'deadline_passed'],
    [1, 'deadline_passed'],
    [2, 'deadline_passed'],
  ]);
});

t.test('nothing that is owned, and no hint at all, are answered at once', async (t) => {
  const { deliver } = setUp();
  t.same((await deliver([FOREIGN])).refused, [[0, 'wrong_epoch']]);
  t.same((await deliver([])).refused, []);
});

t.test('a fault of the program is no refusal', async (t) => {
  const { taken, deliver } = setUp();
  const answer = deliver(['a']);
  taken[0]?.settle([outcome(0, new Error('a bug'))]);
  await t.rejects(answer, /a bug/);
});
