/** The feed: when owners are asked, and since when what they answered counts. */
import t from 'tap';
import type { PeerAnswer } from '../../../lib/rpc/slots.js';
import { StalenessFeed } from '../../../lib/staleness/feed.js';
import type { PlainTestimony } from '../../../lib/staleness/testimony.js';
import { ClockChanges } from '../../../lib/replica/clock-changes.js';
import { PartitionClock } from '../../../lib/versioning/partition-clock.js';
import { CountingObserver, ManualClock } from '../fakes.js';

const EMPTY: PlainTestimony = {
  ...{ life: 'b 1', upTo: 0, isLast: true, emptied: [], silent: [] },
  ...{ writers: [], seen: [], accepted: [] },
};

function feedOf(vouches = true) {
  const clock = new ManualClock();
  const observer = new CountingObserver();
  const asked: {
    readonly at: number;
    readonly settle: (reported: PlainTestimony | undefined) => void;
  }[] = [];
  const settleWith = (settle: (answer: PeerAnswer<PlainTestimony>) => void) => {
    return (reported: PlainTestimony | undefined): void => {
      const error = undefined as never;
      settle(reported === undefined ? { ok: false, error } : { ok: true, reply: reported });
    };
  };
  const messenger = {
    ask: (
      _peer: string,
      _type: unknown,
      _body: unknown,
      _deadline: number,
      settle: (answer: PeerAnswer<PlainTestimony>) => void,
    ) => {
      asked.push({ at: clock.monotonicMilliseconds(), settle: settleWith(settle) });
    },
  };
  const own = {
    ...{ self: 'a', era: '', changes: new ClockChanges(), accepted: () => new Map() },
    setsOf: () => [[{ id: 'a' }, { id: 'b' }]],
    clockOf: () => new PartitionClock(),
    vouchesFor: () => vouches,
  };
  const feed = new StalenessFeed({
    ...{ own, life: 'a 1', clock, observer, pageBytesMax: 1000 },
    ownership: { nodes: ['a', 'b'], sharedWith: () => [0], history: {} as never },
    view: { self: 'a', isUp: () => true },
    messenger: messenger as never,
  });
  const exchanges: string[] = [];
  feed.onMissing((peer) => exchanges.push(peer));
  const proven = (): number | undefined => feed.provenAt(0, 'all', feed.now())?.at;
  return { feed, clock, asked, exchanges, proven, observer };
}

t.test('what was answered counts since before the question, however late the answer', async (t) => {
  const { feed, clock, asked, proven } = feedOf();
  await clock.advance(1000);
  feed.want(1000, clock.monotonicMilliseconds());
  await clock.advance(150);
  asked[0]?.settle(EMPTY);
  t.equal(proven(), 1000);
  await feed.stop();
});

t.test('one question at a time, and a failed one is asked again', async (t) => {
  const { feed, clock, asked, proven, observer } = feedOf();
  feed.want(1000, 0);
  await clock.advance(1000);
  t.equal(asked.length, 1, 'b is silent');
  asked[0]?.settle(undefined);
  await clock.advance(250);
  t.equal(asked.length, 2);
  asked[1]?.settle(EMPTY);
  t.equal(proven(), asked[1]?.at);
  t.equal(observer.counts.get('quorate_staleness_questions_total b failed'), 1);
  t.equal(observer.counts.get('quorate_staleness_questions_total b told'), 1);
  await feed.stop();
});

t.test('pages are asked for at once, and a shorter age shortens the wait', async (t) => {
  const { feed, clock, asked, proven } = feedOf();
  feed.want(60_000, 0);
  asked[0]?.settle({ ...EMPTY, isLast: false });
  t.equal(asked.length, 2);
  asked[1]?.settle(EMPTY);
  t.equal(proven(), 0);
  await clock.advance(200);
  t.equal(asked.length, 2);
  feed.want(100, 200);
  await clock.advance(60);
  t.equal(asked.length, 3);
  await feed.stop();
});

t.test('what does not come is fetched by an exchange, once a second', async (t) => {
  const { feed, clock, asked, exchanges } = feedOf();
  const some = { ...EMPTY, upTo: 1, writers: ['b.1'], seen: [[0, 0, 1]] };
  feed.want(100, 0);
  for (let i = 0; i < 20; i += 1) {
    asked[i]?.settle(some);
    await clock.advance(50);
  }
  t.strictSame(exchanges, ['b']);
  for (let i = 20; i < 25; i += 1) {
    asked[i]?.settle(some);
    await clock.advance(50);
  }
  t.strictSame(exchanges, ['b', 'b']);
  await feed.stop();
});

t.test('no exchange is begun for what it cannot bring', async (t) => {
  const seen = { ...EMPTY, upTo: 1, writers: ['b.1'], seen: [[0, 0, 1]] };
  const accepted = { ...EMPTY, upTo: 1, writers: ['b.1'], accepted: [[0, 0, 1]] };
  for (const [vouches, testimony] of [
    [false, seen],
    [true, accepted],
  ] as const) {
    const { feed, clock, asked, exchanges } = feedOf(vouches);
    feed.want(100, 0);
    for (let i = 0; i < 40; i += 1) {
      asked[i]?.settle(testimony);
      await clock.advance(50);
    }
    t.strictSame(exchanges, [], vouches ? 'what is accepted' : 'what is under rebuild');
    await feed.stop();
  }
});

t.test('no question is asked for answers of no age', async (t) => {
  const { feed, asked } = feedOf();
  feed.want(0, 0);
  t.equal(asked.length, 0);
  await feed.stop();
});

t.test('pages end with the demand, though none was the last', async (t) => {
  const { feed, clock, asked } = feedOf();
  feed.want(60_000, 0);
  const page = { ...EMPTY, isLast: false };
  for (let i = 0; i < 100; i += 1) {
    asked[i]?.settle(page);
    await clock.advance(1000);
  }
  t.ok(asked.length > 50 && asked.length < 70, `${asked.length}`);
  await feed.stop();
});

t.test('what cannot be read is no testimony, and ends nothing', async (t) => {
  const { feed, asked, proven } = feedOf();
  feed.want(100, 0);
  asked[0]?.settle({ ...EMPTY, seen: [[0, 9, 1]] });
  t.equal(proven(), undefined);
  await feed.stop();
});
