/** A partition or key that fails stops none behind it, and the exchange counts as failed. */
import t from 'tap';
import { AntiEntropy, type AntiEntropyOptions } from '../../../lib/anti-entropy/anti-entropy.js';
import { Exchange, type ExchangeOptions } from '../../../lib/anti-entropy/exchange.js';
import { MerkleTrees } from '../../../lib/anti-entropy/merkle-tree.js';
import { PeerSteps } from '../../../lib/anti-entropy/peer-steps.js';
import { Questions } from '../../../lib/anti-entropy/questions.js';
import {
  TreeComparison,
  type TreeComparisonOptions,
} from '../../../lib/anti-entropy/tree-comparison.js';
import type { Pauses } from '../../../lib/environment/pauses.js';
import { type ErrorCode, OperatingError } from '../../../lib/errors.js';
import { type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import type { Messenger } from '../../../lib/rpc/messenger.js';
import { ManualClock } from '../fakes.js';
import { LocalCluster } from '../local-cluster.js';
import { intentOf, nothingElse, openDisk, PARTITIONS } from '../persistence/disk.js';

const ALL = [0, 1, 2, 3];
const theirDot = { writer: 'n2.1.0123456789ab', n: 1 };
const theirClock = [[theirDot.writer, 1, []]];
const view = { self: 'n1', isUp: () => true };
const pauses = {
  isStopped: false,
  pause: async () => undefined,
  rest: async () => undefined,
} as unknown as Pauses;
const refusal = (code: ErrorCode) => new OperatingError(code, 'as the test wants it');

type Body = { partition: number; partitions: number[]; keys: { key: string }[] };
type Answers = Record<string, (body: Body) => unknown>;

async function worldOf(answers: Answers, replaced: object = {}) {
  const disk = await openDisk();
  const asked: string[] = [];
  const request = async (_: string, { name }: { name: string }, body: Body): Promise<unknown> => {
    const question = name.replace('anti-entropy.', '');
    asked.push(question);
    return answers[question]?.(body);
  };
  const messenger = { request } as unknown as Messenger;
  const options = {
    ...{ ...disk, messenger, pauses, view, pageBytesMax: 100_000, confirmMilliseconds: 0 },
    questions: new Questions({ messenger, clock: disk.clock, backgroundTimeoutMilliseconds: 1 }),
    ownership: { nodes: ['n1', 'n2'], self: 'n1', partitionCount: PARTITIONS },
    expiryClock: { now: () => undefined },
    trees: new MerkleTrees(disk.digests),
    lag: { isBehind: () => false },
    ...replaced,
  };
  return { disk, asked, options };
}

const stepsOf = (isUp = true): PeerSteps =>
  new PeerSteps('n2', { view: { isUp: () => isUp }, pauses, clock: new ManualClock() });

async function pullingWith(code: ErrorCode, isUp = true) {
  const { disk, asked, options } = await worldOf({
    clocks: ({ partitions }) => ({ clocks: partitions.map((one) => [one, theirClock]) }),
    pull: ({ partition }) => {
      if (partition === 0) throw refusal(code);
      return { records: [], next: null, generation: '1.0', snapshot: theirClock };
    },
  });
  const steps = stepsOf(isUp);
  await new Exchange(options as unknown as ExchangeOptions).pullMissing('n2', ALL, false, steps);
  const taken = ALL.filter((partition) => disk.clocks.of(partition).has(theirDot));
  return { steps, taken, pulls: asked.filter((name) => name === 'pull').length };
}

t.test('a partition that cannot be pulled stops none behind it', async (t) => {
  const { steps, taken } = await pullingWith('unknown_format');
  t.same(taken, [1, 2, 3]);
  t.throws(() => steps.assertNoneFailed(), { code: 'unknown_format' });
});

t.test('a peer that does not answer, or is down, is waited for once', async (t) => {
  t.equal((await pullingWith('deadline_passed')).pulls, 1);
  t.equal((await pullingWith('peer_unreachable', false)).pulls, 1);
});

t.test('a record that cannot be merged stops none behind it, only the clock', async (t) => {
  const merged: string[] = [];
  const merge = async ({ key }: RecordKey): Promise<void> => {
    if (key === 'bad') throw refusal('peer_unreachable');
    merged.push(key);
  };
  const page = (key: string, next: string | null) => ({
    ...{ records: [['default', key, Buffer.alloc(1)]], next },
    ...{ generation: '1.0', snapshot: theirClock },
  });
  const pages = [page('bad', 'more'), page('good', null)];
  const { disk, options } = await worldOf({ pull: () => pages.shift() }, { replica: { merge } });
  const exchange = new Exchange(options as unknown as ExchangeOptions);
  await t.rejects(exchange.pull('n2', 0, []), { code: 'peer_unreachable' });
  t.same(merged, ['good']);
  t.notOk(disk.clocks.of(0).has(theirDot), 'it speaks of the record that is not here');
});

t.test('trees: what cannot be compared, or is rebuilt, stops none behind it', async (t) => {
  const other = Buffer.from('other');
  const { partition: last } = recordKey('default', 'k', PARTITIONS);
  const [rebuilt = 0, unreadable = 0] = ALL.filter((partition) => partition !== last);
  const { options } = await worldOf({
    branches: () => ({ branches: Array.from({ length: 256 }, () => other) }),
    leaves: () => ({ leaves: [] }),
    keys: ({ partition }) => {
      if (partition === rebuilt) throw refusal('rebuilding');
      if (partition === unreadable) throw refusal('unknown_format');
      return { keys: partition === last ? [['default', 'k', 'theirs']] : [], next: null };
    },
  });
  const comparison = new TreeComparison(options as unknown as TreeComparisonOptions);
  const [steps, rebuilding] = [stepsOf(), stepsOf()];
  const found = await comparison.differences('n2', [rebuilt, unreadable, last], steps);
  t.same(
    found.map(({ at }) => at.key),
    ['k'],
  );
  t.throws(() => steps.assertNoneFailed(), { code: 'unknown_format' });
  await comparison.differences('n2', [rebuilt], rebuilding);
  rebuilding.assertNoneFailed();
});

t.test('repair: a key that cannot be sent or merged stops none behind it', async (t) => {
  const { replica } = await openDisk();
  const at = recordKey('default', 'k', PARTITIONS);
  const { bytes } = replica.mint(at, intentOf('1'), 'sync', nothingElse).value;
  const merged: string[] = [];
  const merge = async ({ key }: RecordKey): Promise<void> => {
    if (key === 'unmergeable') throw refusal('peer_unreachable');
    merged.push(key);
  };
  const { options } = await worldOf(
    {
      records: ({ keys }) => {
        if (keys.some(({ key }) => key === 'unsent')) throw refusal('unknown_format');
        return { records: keys.map(() => bytes) };
      },
    },
    { replica: { merge, read: () => undefined } },
  );
  const keys = ['a', 'unsent', 'unmergeable', 'z'];
  const differences = keys.map((key) => ({ at: { ...at, key }, ours: '', theirs: 'x' }));
  const steps = stepsOf();
  const comparison = new TreeComparison(options as unknown as TreeComparisonOptions);
  await comparison.repair('n2', differences, steps);
  t.same(merged, ['a', 'z']);
  t.throws(() => steps.assertNoneFailed(), { code: 'unknown_format' });
});

t.test('a comparison of all trees is owed until it has come to its end', async (t) => {
  const clock = new ManualClock();
  const compared: unknown[] = [];
  let during: (steps: PeerSteps) => void = () => undefined;
  const compare = async (_: string, rootsOf: unknown) => {
    compared.push(rootsOf);
    return { clocks: [1], roots: [1] };
  };
  const differences = async (_: string, __: unknown, steps: PeerSteps) => {
    during(steps);
    return [];
  };
  const antiEntropy = new AntiEntropy({
    ...{ view, pauses, clock, limits: { treeComparisonIntervalMilliseconds: 10_000 } },
    ownership: { own: [1], sharedWith: () => [1] },
    observer: { count: () => undefined, measure: () => undefined, log: () => undefined },
    exchange: { compare, pullMissing: async () => ({ records: 0, bytes: 0 }) },
    treeComparison: { differences, repair: async () => 0 },
  } as unknown as AntiEntropyOptions);
  antiEntropy.compareTreesSoon('n2');
  during = (steps) => steps.failed(refusal('unknown_format'));
  await t.rejects(antiEntropy.exchangeWith('n2'), { code: 'unknown_format' });
  t.type(antiEntropy.owesSince('n2'), 'number', 'a tree was not compared');
  during = () => antiEntropy.compareTreesSoon('n2');
  await antiEntropy.exchangeWith('n2');
  t.type(antiEntropy.owesSince('n2'), 'number', 'more was missed meanwhile');
  during = () => undefined;
  await antiEntropy.exchangeWith('n2');
  t.equal(antiEntropy.owesSince('n2'), undefined);
  t.same(compared, [null, null, null]);
});

t.test('an exchange that is asked for begins no step after its deadline', async (t) => {
  for (const dryRun of [true, false]) {
    const cluster = await LocalCluster.of();
    t.teardown(() => cluster.stop());
    for (let i = 0; i < 40; i += 1) {
      const at = recordKey('default', `k${i}`, 16);
      // As if no copy had left.
      const minted = cluster.node('n2').replica.mint(at, intentOf('x'), 'sync', nothingElse);
      await cluster.wait(minted.committed);
    }
    cluster.network.delay = () => 50;
    const { exchange } = cluster.node('n1');
    const begun = cluster.clock.monotonicMilliseconds();
    const reports = await cluster.wait(exchange.exchangeNow(undefined, dryRun, 700));
    const taken = cluster.clock.monotonicMilliseconds() - begun;
    t.ok(taken < 1_000, `${taken} ms; all partitions take some seconds`);
    const own = reports.find(({ node }) => node === 'n1')?.peers ?? [];
    t.match(own[0], { peer: 'n2', error: 'the exchange was not done in time' });
  }
});
