/** The strong level while links are cut: one side decides, the other says that it cannot. */
import type { Test } from 'tap';
import t from 'tap';
import { dotText } from '../../lib/versioning/dot.js';
import { NOTHING_SEEN_YET } from '../../lib/versioning/session-token.js';
import { LocalCluster, outcomeOf } from './local-cluster.js';

const KEYS = 12;
const keys = Array.from({ length: KEYS }, (_, n) => `key ${n}`);
/** From the cut on: as long as the heartbeats that are missed, and a take-over. */
const RESUMED_MILLISECONDS = 5000;
const TURN_MILLISECONDS = 1000;
/** Also of a write that was begun before its node noticed: then nobody can tell. */
const NOT_HERE = /^(?:level_not_reached|deadline_passed)\/none$|\/unknown$/;

/** Again until it is done, as a client does. @returns after how many milliseconds it was */
async function resumed(began: number, operation: () => Promise<unknown>): Promise<number> {
  for (;;) {
    const outcome = await outcomeOf(operation());
    const passed = performance.now() - began;
    if (outcome === 'ok') return passed;
    if (passed > 4 * RESUMED_MILLISECONDS) throw new Error(`never: ${outcome}`);
  }
}

async function versionsOf(cluster: LocalCluster, at: string, key: string): Promise<string[]> {
  const { siblings } = await cluster.get(at, key, 'strong', TURN_MILLISECONDS);
  return siblings.map(({ dot }) => dotText(dot));
}

/** A read, a comparison and a blind write of each key; the slowest of them. */
async function resumedAll(t: Test, cluster: LocalCluster, at: readonly string[], mine: string[]) {
  const began = performance.now();
  const times = await Promise.all(
    mine.map(async (key, n) => {
      const id = at[n % at.length] ?? '';
      const read = await resumed(began, () => cluster.get(id, key, 'strong', TURN_MILLISECONDS));
      const compared = await resumed(began, async () => {
        const values = await cluster.values(id, key, 'strong');
        // After an unknown outcome: it was written then.
        if (values.includes('compared')) return;
        const versions = await versionsOf(cluster, id, key);
        await cluster.compareAndSet(id, key, 'compared', versions, TURN_MILLISECONDS);
      });
      const put = () => cluster.put(id, key, 'after', 'strong', undefined, TURN_MILLISECONDS);
      return [read, compared, await resumed(began, put)];
    }),
  );
  const slowest = Math.max(...times.flat());
  t.ok(slowest <= RESUMED_MILLISECONDS, `all resumed after ${Math.round(slowest)} ms`);
}

async function refusedAll(t: Test, cluster: LocalCluster, at: readonly string[], mine: string[]) {
  const outcomes = await Promise.all(
    mine.flatMap((key, n) => {
      const id = at[n % at.length] ?? '';
      return [
        outcomeOf(cluster.get(id, key, 'strong', TURN_MILLISECONDS)),
        outcomeOf(cluster.put(id, key, 'lost', 'strong', undefined, TURN_MILLISECONDS)),
        outcomeOf(cluster.compareAndSet(id, key, 'lost', ['none'], TURN_MILLISECONDS)),
      ];
    }),
  );
  const odd = outcomes.filter((outcome) => !NOT_HERE.test(outcome));
  t.strictSame(odd, [], 'nothing is decided on this side');
  return outcomes;
}

async function allSee(t: Test, cluster: LocalCluster, mine: readonly string[], value: string) {
  for (const id of cluster.ids) {
    for (const key of mine) {
      t.strictSame(await cluster.values(id, key, 'strong'), [value], `${key} at ${id}`);
    }
  }
}

t.test('halves of five: the side with most owners of a key goes on, within 5 s', async (t) => {
  const sides = [
    ['n1', 'n2', 'n3'],
    ['n4', 'n5'],
  ] as const;
  const ids = sides.flat();
  const cluster = await LocalCluster.start(ids);
  t.teardown(() => cluster.stop());
  for (const [n, key] of keys.entries()) {
    await cluster.put(ids[n % ids.length] ?? '', key, 'before', 'strong');
  }
  const ownedBy = (side: readonly string[]) =>
    keys.filter((key) => cluster.primariesOf(key).filter((id) => side.includes(id)).length > 1);
  const [left, right] = [ownedBy(sides[0]), ownedBy(sides[1])];
  t.ok(left.length > 0 && right.length > 0, `${left.length} and ${right.length} keys`);
  cluster.cut(sides[0], sides[1]);
  await Promise.all([
    resumedAll(t, cluster, sides[0], left),
    resumedAll(t, cluster, sides[1], right),
    refusedAll(t, cluster, sides[1], left),
    refusedAll(t, cluster, sides[0], right),
  ]);
  for (const side of sides) await cluster.untilSeen(side, side);
  const refusals = await refusedAll(t, cluster, sides[1], left);
  const unknown = refusals.filter((outcome) => outcome.endsWith('/unknown'));
  t.strictSame(unknown, [], 'once it has noticed, a node knows that nothing happened');

  cluster.heal();
  await cluster.untilSeen(ids, ids);
  await allSee(t, cluster, keys, 'after');
});

t.test('the node of the proposer is cut off: another owner takes over within 5 s', async (t) => {
  const ids = ['n1', 'n2', 'n3'];
  const cluster = await LocalCluster.start(ids);
  t.teardown(() => cluster.stop());
  for (const key of keys) await cluster.put('n1', key, 'before', 'strong');
  const proposer = cluster.proposerOf('key 0');
  const led = keys.filter((key) => cluster.proposerOf(key) === proposer);
  t.ok(led.length > 0, `${proposer} decides ${led.length} keys`);
  const others = ids.filter((id) => id !== proposer);
  cluster.cut([proposer], others);
  await Promise.all([
    resumedAll(t, cluster, others, keys),
    refusedAll(t, cluster, [proposer], led),
  ]);
  const [other = ''] = others;
  t.ok(led.every((key) => others.includes(cluster.proposerOf(key, other))));

  cluster.heal();
  await cluster.untilSeen(ids, ids);
  await allSee(t, cluster, keys, 'after');
});

t.test('one version, compared and set on both sides of a cut: it is set once', async (t) => {
  const ids = ['n1', 'n2', 'n3'];
  const cluster = await LocalCluster.start(ids);
  t.teardown(() => cluster.stop());
  const versions = new Map<string, string[]>();
  for (const key of keys) {
    await cluster.put('n1', key, 'before', 'strong');
    versions.set(key, await versionsOf(cluster, 'n1', key));
  }
  await cluster.cutApart([['n3'], ['n1', 'n2']]);
  const set = (id: string, key: string) =>
    cluster.compareAndSet(id, key, `of ${id}`, versions.get(key) ?? [], TURN_MILLISECONDS);
  const alone = await Promise.all(keys.map((key) => outcomeOf(set('n3', key))));
  t.strictSame([...new Set(alone)], ['level_not_reached/none'], 'alone');
  for (const key of keys) await resumed(performance.now(), () => set('n1', key));

  cluster.heal();
  await cluster.untilSeen(ids, ids);
  for (const key of keys) {
    const [version] = await versionsOf(cluster, 'n2', key);
    const unmet = { code: 'precondition_failed', outcome: 'none', details: { version } };
    await t.rejects(set('n3', key), unmet, 'it is told what there is by now');
  }
  await allSee(t, cluster, keys, 'of n1');
});

t.test('what a token has seen at strong, and at one, is carried across a cut', async (t) => {
  const ids = ['n1', 'n2', 'n3'];
  const cluster = await LocalCluster.start(ids);
  t.teardown(() => cluster.stop());
  for (const key of keys) await cluster.put('n1', key, 'before', 'strong');
  // Learned everywhere: else an owner does not say what it has accepted.
  await cluster.untilAlike(keys);
  await cluster.cutApart([['n3'], ['n1', 'n2']]);
  const request = { namespace: 'default', fallbacks: [], timeoutMilliseconds: 3000 } as const;
  const written = async (id: string, key: string, level: string): Promise<string> => {
    const { coordination } = cluster.node(id);
    const value = Buffer.from(`${level} at ${id}`);
    const { session } = await coordination.put({
      ...{ ...request, key, level, context: undefined, durability: 'sync' as const },
      change: { state: 'value', contentType: 'text/plain', value, ttlSeconds: undefined },
      session: NOTHING_SEEN_YET,
    });
    return coordination.sessionText(session === undefined ? [] : [session]);
  };
  const read = async (id: string, key: string, level: string, token: string) => {
    const { coordination } = cluster.node(id);
    const session = coordination.openSession(token);
    const { siblings } = await coordination.get({ ...request, key, level, session });
    return siblings.map(({ value }) => Buffer.from(value).toString()).sort();
  };
  const tokens = new Map<string, { readonly strong: string; readonly one: string }>();
  for (const key of keys) {
    tokens.set(key, {
      strong: await written('n1', key, 'strong'),
      one: await written('n3', key, 'one'),
    });
  }
  for (const [key, { strong, one }] of tokens) {
    t.strictSame(await read('n2', key, 'one', strong), ['strong at n1'], 'its own side');
    t.equal(await outcomeOf(read('n3', key, 'one', strong)), 'session_not_covered/none');
    t.equal(await outcomeOf(read('n1', key, 'strong', one)), 'session_not_covered/none');
    t.match(await outcomeOf(read('n3', key, 'strong', one)), /\/none$/, 'and no majority');
  }
  cluster.heal();
  await cluster.untilSeen(ids, ids);
  for (const [key, { strong, one }] of tokens) {
    for (const id of ids) {
      const both = await read(id, key, 'strong', `${strong}, ${one}`);
      t.strictSame(both, ['one at n3', 'strong at n1'], `${key} at ${id}`);
    }
  }
});
