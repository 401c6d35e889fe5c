/** Writes at `strong` meet the limits of a record as plain ones do (V4). */
import t from 'tap';
import type { Once } from '../../../lib/consensus/once.js';
import type { OperationAnswer } from '../../../lib/coordination/operation/operation-record.js';
import { OperatingError } from '../../../lib/errors.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';

const STRONG = { level: 'strong' } as const;
const DEAD = { level: 'strong', change: { state: 'tombstone' } } as const;
const CONTEXT_BYTES_MAX = 60;
const TOO_MANY = { code: 'context_too_large', outcome: 'none', retryable: false };
const TOO_LARGE = { code: 'record_too_large', outcome: 'none', retryable: false };

/** Every owner promises a stranger: whoever decides next does so under a new ballot. */
async function endBallot(cluster: LocalCluster, key: string): Promise<void> {
  const { partition } = cluster.node('n1').cluster.locate('default', key);
  const rounds = cluster.ids.map((id) => {
    return cluster.node(id).disk.acceptor.promised(partition).round;
  });
  const ballot = { round: Math.max(...rounds) + 1, node: 'n9', start: 1 };
  for (const id of cluster.ids) {
    const { acceptor } = cluster.node(id).disk;
    await cluster.wait(acceptor.handle(partition, { is: 'prepare', ballot, from: '' }));
  }
}

/** One whose context has as many writers as it may. */
async function fullKey(cluster: LocalCluster, key: string): Promise<string> {
  let value = '';
  for (let i = 0; i < 10; i += 1) {
    try {
      await cluster.put('n1', key, `${i}`, STRONG);
      value = `${i}`;
    } catch (error) {
      t.match(error, TOO_MANY);
      return value;
    }
    await endBallot(cluster, key);
  }
  throw new Error('the limit was not met');
}

t.test('a context that is at its limit', async (t) => {
  const cluster = await LocalCluster.of({ limits: { contextBytesMax: CONTEXT_BYTES_MAX } });
  const value = await fullKey(cluster, 'k');
  for (const id of cluster.ids) {
    await t.rejects(cluster.put(id, 'k', 'x', STRONG), TOO_MANY, `through ${id}`);
    t.same(await cluster.texts(id, 'k', STRONG), [value], 'nothing has changed, and it is read');
  }
  const absent = { ...STRONG, precondition: { is: 'absent' } } as const;
  await t.rejects(cluster.put('n1', 'k', 'x', absent), { code: 'precondition_failed' });
  await cluster.put('n2', 'other', 'x', STRONG);
  await cluster.put('n1', 'k', '', DEAD);
  t.same(await cluster.texts('n3', 'k', STRONG), [], 'a delete goes on');
  await cluster.stop();
});

t.test('an hour between two writes adds nothing to the context of their key', async (t) => {
  const limits = { heartbeatIntervalMilliseconds: 10_000 };
  const cluster = await LocalCluster.of({ limits });
  const writers: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    await cluster.put('n1', 'k', `${n}`, STRONG);
    const { acceptor } = cluster.node('n1').disk;
    writers.push(acceptor.recordOf(recordKey('default', 'k', 16))?.context.vector.size ?? 0);
    for (let step = 0; step < 120; step += 1) await cluster.clock.advance(30_000);
  }
  t.same(writers, [1, 1, 1]);
  await cluster.stop();
});

t.test('siblings that are too large together', async (t) => {
  const recordBytesMax = 1_000;
  const cluster = await LocalCluster.of({ limits: { recordBytesMax } });
  const { context } = await cluster.get('n1', 'k');
  const unseen = { ...STRONG, context };
  const text = 'x'.repeat(300);
  for (const n of [1, 2]) await cluster.put('n1', 'k', `${text}${n}`, unseen);
  for (const id of cluster.ids) {
    await t.rejects(cluster.put(id, 'k', `${text}3`, unseen), TOO_LARGE, `through ${id}`);
  }
  await t.rejects(cluster.put('n1', 'k', `${text}3`, { context }), TOO_LARGE, 'as at quorum');
  t.equal((await cluster.get('n2', 'k', STRONG)).siblings.length, 2);
  await cluster.put('n2', 'k', '', { ...DEAD, context });
  const forEver = async (): Promise<void> => {
    for (let n = 0; n < 100; n += 1) await cluster.put('n3', 'k', '', { ...DEAD, context });
  };
  await t.rejects(forEver(), TOO_LARGE, 'deletes that have seen nothing: not for ever');
  await cluster.put('n3', 'k', 'one', STRONG);
  t.same(await cluster.texts('n1', 'k', STRONG), ['one'], 'what makes it smaller is taken');
  await cluster.stop();
});

t.test('under an Idempotency-Key it is ended, and all attempts are told so', async (t) => {
  const cluster = await LocalCluster.of({ limits: { contextBytesMax: CONTEXT_BYTES_MAX } });
  const value = await fullKey(cluster, 'k');
  const again: boolean[] = [];
  let performed = 0;
  const send = async (node: string): Promise<OperationAnswer> => {
    const perform = async (once: Once): Promise<OperationAnswer> => {
      performed += 1;
      await cluster.put(node, 'k', 'x', { ...STRONG, once });
      throw new Error('it is refused');
    };
    const answerOf = (body: string, applied: boolean): OperationAnswer => {
      return {
        status: applied ? 200 : 507,
        headers: [],
        body,
        result: body,
        ...(applied ? { version: 'v' } : {}),
      };
    };
    const { operations } = cluster.node(node);
    const request = { id: 'op', payload: 'p', namespace: 'default', key: 'k' };
    const run = operations.run(
      { ...request, timeoutMilliseconds: undefined, asked: { level: undefined, fallbacks: [] } },
      {
        perform,
        written: () => answerOf('ok', true),
        refused: ({ code }: OperatingError) => answerOf(code, false),
      },
    );
    const { answer, isAgain } = await cluster.wait(run);
    again.push(isAgain);
    return answer;
  };
  for (const node of cluster.ids) {
    t.match(await send(node), { status: 507, body: 'context_too_large', version: undefined });
  }
  t.same(again, [false, true, true]);
  t.equal(performed, 1);
  await cluster.put('n1', 'k', '', DEAD);
  t.match(await send('n2'), { body: 'context_too_large' }, 'also once there is room');
  t.not(value, 'x');
  t.same(await cluster.texts('n1', 'k', STRONG), []);
  await cluster.stop();
});

t.test('a proposer whose disk is nearly full leaves it to another, once', async (t) => {
  const cluster = await LocalCluster.of();
  await cluster.put('n1', 'k', '0', STRONG);
  const { partition } = cluster.node('n1').cluster.locate('default', 'k');
  const promised = () => cluster.node('n1').disk.acceptor.promised(partition);
  const before = promised();
  const { store } = cluster.node(before.node).disk;
  store.setReadOnly(new OperatingError('read_only', 'the disk of this node is nearly full'));
  await cluster.put('n1', 'dead', '', DEAD);
  for (let n = 1; n <= 5; n += 1) await cluster.put('n1', 'k', `${n}`, STRONG);
  const after = promised();
  t.not(after.node, before.node);
  t.ok(after.round <= before.round + 2, `${before.round} ${after.round}`);
  t.same(await cluster.texts('n2', 'k', STRONG), ['5']);
  await cluster.stop();
});
