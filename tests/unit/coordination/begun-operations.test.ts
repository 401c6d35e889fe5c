/** Operations that were begun and left alone, settled in the background (consensus.md, K22). */
import t from 'tap';
import type { Once } from '../../../lib/consensus/once.js';
import type {
  OperationCourse,
  OperationOutcome,
} from '../../../lib/coordination/operation/operation-request.js';
import type { PutAnswer } from '../../../lib/coordination/request/request.js';
import type { NodeId } from '../../../lib/environment/transport.js';
import type { OperatingError } from '../../../lib/errors.js';
import { OPERATIONS_NAMESPACE } from '../../../lib/partitioning/namespace.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import type { Change } from '../../../lib/replica/intent.js';
import { LocalCluster } from '../local-cluster.js';

const PARTITIONS = 16;
const AT = recordKey('default', 'k', PARTITIONS);
const METRIC = 'quorate_settled_operations_total';
/** Longer than any request takes, the allowed skew, and a turn of those that settle. */
const LONG = 90_000;

const written = ({ version }: PutAnswer) => ({
  ...{ status: 200, headers: [], body: 'written', result: 'ok', version },
});
const refused = ({ code }: OperatingError) => ({
  ...{ status: 400, headers: [], body: code, result: code },
});

interface Sent {
  readonly id: string;
  readonly key?: string;
  readonly namespace?: string;
  readonly isDelete?: boolean;
  readonly before?: (once: Once) => unknown;
  readonly afterwards?: (once: Once) => unknown;
}

function send(cluster: LocalCluster, node: NodeId, sent: Sent): Promise<OperationOutcome> {
  const { id, key = 'k', namespace = 'default', isDelete = false } = sent;
  const value = Buffer.from(id);
  const change: Change = isDelete
    ? { state: 'tombstone' }
    : { state: 'value', contentType: 'text/plain', value, ttlSeconds: undefined };
  const perform: OperationCourse['perform'] = async (once, begunIn, timeoutMilliseconds) => {
    await sent.before?.(once);
    const answer = await cluster.node(node).coordination.put({
      ...{ namespace, key, level: undefined, fallbacks: [], context: undefined, change },
      ...{ durability: 'sync', timeoutMilliseconds, once, begunIn },
    });
    await sent.afterwards?.(once);
    return written(answer);
  };
  const asked = { level: undefined, fallbacks: [], session: undefined };
  return cluster
    .node(node)
    .operations.run(
      { id, payload: id, namespace, key, timeoutMilliseconds: undefined, asked },
      { perform, written, refused },
    );
}

/** @returns its numbers, once the request has come so far, and goes no further */
async function leaveAlone(
  cluster: LocalCluster,
  node: NodeId,
  sent: Sent,
  when: 'before' | 'afterwards',
): Promise<Once> {
  let left: Once | undefined;
  const leave = (once: Once): Promise<never> => {
    left = once;
    return new Promise(() => undefined);
  };
  void send(cluster, node, { ...sent, [when]: leave }).catch(() => undefined);
  for (let i = 0; i < 500 && left === undefined; i += 1) {
    await cluster.wait(Promise.resolve());
    await cluster.clock.advance(10);
  }
  if (left === undefined) throw new Error('it has not begun');
  return left;
}

const look = (cluster: LocalCluster, id: string) =>
  cluster.wait(
    cluster.node('n2').operations.look(id, undefined, () => ({
      ...{ written, refused, perform: () => Promise.reject(new Error('nobody asked for it')) },
    })),
  );

function settled(cluster: LocalCluster, result: string): number {
  const counts = [...cluster.observers.values()].map(({ counts }) => counts);
  return counts.reduce((sum, of) => sum + (of.get(`${METRIC} ${result}`) ?? 0), 0);
}

async function restarted(cluster: LocalCluster, node: NodeId): Promise<void> {
  await cluster.crash(node);
  await cluster.restart(node);
  await cluster.clock.advance(LONG);
}

t.test('what was begun and left alone keeps no tombstone above it', async (t) => {
  const cluster = await LocalCluster.of();
  const retention = { tombstone_retention_s: 0 };
  const plain = { dryRun: false, by: 'a test', ifMatch: undefined };
  await cluster.wait(cluster.node('n1').settings.change(retention, plain));
  let near = '';
  for (let i = 0; near === ''; i += 1) {
    if (recordKey('default', `n${i}`, PARTITIONS).partition === AT.partition) near = `n${i}`;
  }
  const once = await leaveAlone(cluster, 'n1', { id: 'left' }, 'before');
  await cluster.wait(send(cluster, 'n1', { id: 'above', key: near, isDelete: true }));
  await restarted(cluster, 'n1');
  t.equal(settled(cluster, 'lapsed'), 1, 'by one owner of its record');
  await cluster.clock.advance(LONG);
  for (const id of cluster.ids) {
    const { disk, replica } = cluster.node(id);
    const hasSeen = disk.acceptor.seenIn(AT.partition);
    t.same([hasSeen(once.dot), hasSeen(once.end)], [true, true], `${id} has no gap`);
    t.equal(replica.read(recordKey('default', near, PARTITIONS)), undefined, `${id}: collected`);
  }
  await cluster.stop();
});

t.test('a retry of what has lapsed begins anew; what was asked for has ended', async (t) => {
  const cluster = await LocalCluster.of();
  const before = await leaveAlone(cluster, 'n1', { id: 'sent again' }, 'before');
  await leaveAlone(cluster, 'n1', { id: 'asked for', key: 'other' }, 'before');
  await restarted(cluster, 'n1');
  t.equal(settled(cluster, 'lapsed'), 2);
  let once: Once | undefined;
  const note = (taken: Once): void => {
    once = taken;
  };
  const again = await cluster.wait(send(cluster, 'n2', { id: 'sent again', before: note }));
  t.match(again, { isAgain: false, answer: { body: 'written' } });
  t.not(once?.dot.writer, before.dot.writer, 'with other numbers');
  t.same(await cluster.texts('n3', 'k', { level: 'strong' }), ['sent again']);
  t.match(await cluster.wait(send(cluster, 'n3', { id: 'sent again' })), {
    ...{ isAgain: true, answer: again.answer },
  });
  t.match(await look(cluster, 'asked for'), { status: 'none', key: 'other' });
  t.match(await cluster.wait(send(cluster, 'n2', { id: 'asked for', key: 'other' })), {
    ...{ isAgain: true, answer: { body: 'operation_ended' } },
  });
  await cluster.stop();
});

t.test('what was applied and never answered is settled as applied', async (t) => {
  const cluster = await LocalCluster.of();
  const once = await leaveAlone(cluster, 'n1', { id: 'op' }, 'afterwards');
  await restarted(cluster, 'n1');
  t.equal(settled(cluster, 'applied'), 1);
  const again = await cluster.wait(send(cluster, 'n2', { id: 'op' }));
  t.match(again, { isAgain: true, answer: { body: 'written' } });
  t.same(await cluster.texts('n2', 'k', { level: 'strong' }), ['op']);
  for (const id of cluster.ids) {
    t.ok(cluster.node(id).disk.acceptor.seenIn(AT.partition)(once.end), id);
  }
  await cluster.stop();
});

t.test('what is under way is left alone; without a majority it is tried again', async (t) => {
  const cluster = await LocalCluster.of();
  await leaveAlone(cluster, 'n1', { id: 'op' }, 'before');
  await cluster.clock.advance(30_000);
  t.equal(settled(cluster, 'lapsed'), 0, 'a request may take a minute');
  await cluster.crash('n1');
  await cluster.crash('n3');
  await cluster.clock.advance(LONG);
  t.equal(settled(cluster, 'lapsed'), 0);
  await cluster.restart('n3');
  await cluster.clock.advance(30_000);
  t.equal(settled(cluster, 'lapsed'), 1);
  await cluster.restart('n1');
  await cluster.stop();
});

t.test(
  'each change of the record may be of another ballot, whatever contexts may take',
  async (t) => {
    const cluster = await LocalCluster.of({ limits: { contextBytesMax: 60 } });
    await leaveAlone(cluster, 'n1', { id: 'op' }, 'before');
    const at = recordKey(OPERATIONS_NAMESPACE, 'op', PARTITIONS);
    const replaceProposer = async (): Promise<void> => {
      const proposer = cluster.node('n2').disk.acceptor.promised(at.partition).node;
      await restarted(cluster, proposer);
    };
    await replaceProposer();
    t.equal(settled(cluster, 'lapsed'), 1);
    await replaceProposer();
    t.match(await look(cluster, 'op'), { status: 'none' });
    await cluster.stop();
  },
);

t.test('what has lapsed in a former namespace does not begin in the new one', async (t) => {
  const cluster = await LocalCluster.of();
  const { namespaces } = cluster.node('n2');
  const plain = { dryRun: false, by: 'a test', ifMatch: undefined };
  await cluster.wait(namespaces.put('shop', {}, plain));
  await leaveAlone(cluster, 'n1', { id: 'op', namespace: 'shop' }, 'before');
  await restarted(cluster, 'n1');
  t.equal(settled(cluster, 'lapsed'), 1);
  await cluster.wait(namespaces.delete('shop', { ...plain, withKeys: true }));
  await cluster.wait(namespaces.put('shop', {}, plain));
  const again = cluster.wait(send(cluster, 'n2', { id: 'op', namespace: 'shop' }));
  await t.rejects(again, { code: 'operation_ended' });
  await cluster.stop();
});
