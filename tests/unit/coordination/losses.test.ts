/**
 * What a replica has said before it lost its disk counts for nothing, whoever coordinates; and its
 * copying begins only once all other owners know (docs/architecture.md, D5).
 */
import t, { type Test } from 'tap';
import type { NodeId } from '../../../lib/environment/transport.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';
import { nameOf } from '../wire-names.js';

const PATIENT = { timeoutMilliseconds: 60_000 };
const LIMITS = {
  ...{ exchangeIntervalMilliseconds: 500, hedgeDelayMilliseconds: 60_000, hintsBytesMax: 0 },
};

interface Slow {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly name: string;
  /** Infinite: it is lost. */
  readonly milliseconds: number;
}

/** Requests that take their time, or never arrive. */
function slowDown(cluster: LocalCluster, slow: readonly Slow[]): void {
  let delay = 0;
  cluster.network.gate = (from, to, message) => {
    const name = nameOf(message);
    // Replicas meet by nothing but what a test sends, and what a rebuild takes.
    if (name === 'anti-entropy.compare') return false;
    const found = slow.find((one) => one.from === from && one.to === to && one.name === name);
    delay = found?.milliseconds ?? 0;
    return Number.isFinite(delay);
  };
  cluster.network.delay = () => delay;
}

interface Stage {
  readonly cluster: LocalCluster;
  readonly key: string;
  readonly holds: (id: NodeId) => boolean;
  readonly rebuilds: (id: NodeId) => boolean;
}

/** Four nodes; three of them own the key, and n4 only coordinates. */
async function stageFor(t: Test): Promise<Stage> {
  const cluster = await LocalCluster.of({ nodes: 4, limits: LIMITS });
  t.teardown(() => cluster.stop());
  for (let i = 0; ; i += 1) {
    const at = recordKey('default', `k${i}`, 16);
    const owners = cluster.node('n4').cluster.locate('default', at.key).primaries;
    if (owners.some(({ node }) => node === 'n4')) continue;
    const holds = (id: NodeId): boolean => cluster.node(id).disk.table.read(at)?.live === true;
    const rebuilds = (id: NodeId): boolean =>
      cluster.node(id).disk.health.isRebuilding(at.partition);
    return { cluster, key: at.key, holds, rebuilds };
  }
}

const WRITE = 'coordination.write';

/** Only n2 holds the value, durably: n1, which minted it, has died of it; n3 never got it. */
async function onlyAtSecond(t: Test): Promise<Stage> {
  const stage = await stageFor(t);
  const { cluster, key } = stage;
  slowDown(cluster, [
    { from: 'n1', to: 'n3', name: WRITE, milliseconds: Number.POSITIVE_INFINITY },
  ]);
  const disk = cluster.disks.get('n1');
  if (disk === undefined) throw new Error('n1 has a disk');
  disk.held = true;
  const put = cluster.put('n1', key, 'value', { level: 'quorum', timeoutMilliseconds: 500 });
  t.match(await settled(put), { outcome: 'unknown' });
  await cluster.crash('n1');
  t.ok(stage.holds('n2'));
  t.notOk(stage.holds('n3'));
  return stage;
}

/** n2 gets another disk, and takes what the others have; n1 is back, too. */
async function loseSecond({ cluster }: Stage): Promise<void> {
  await cluster.crash('n2');
  cluster.disks.delete('n2');
  await cluster.restart('n1');
  await cluster.restart('n2');
}

const settled = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch((error: unknown) => error);

t.test('a read at a node that is no owner counts no copy of before a loss', async (t) => {
  const stage = await onlyAtSecond(t);
  const { cluster, key } = stage;
  slowDown(cluster, [{ from: 'n4', to: 'n3', name: WRITE, milliseconds: 20_000 }]);
  const request = { namespace: 'default', key, level: 'quorum', fallbacks: [], ...PATIENT };
  const read = settled(Promise.resolve(cluster.node('n4').coordination.get(request)));
  await cluster.clock.advance(1000);
  await loseSecond(stage);
  await cluster.clock.advance(10_000);
  t.notOk(stage.rebuilds('n2'), 'rebuilt');
  t.notOk(stage.holds('n2'), 'and nobody had the value for it');
  await cluster.clock.advance(20_000);
  t.ok(stage.holds('n3'), 'the write-back has arrived');
  t.match(await read, { code: 'level_not_reached' }, 'one replica is no majority');
  const { counts } = cluster.observers.get('n4') ?? {};
  t.ok((counts?.get('quorate_struck_answers_total') ?? 0) > 0);
});

t.test('a write counts no acknowledgement of the own disk from before its loss', async (t) => {
  const { cluster, key, holds, rebuilds } = await stageFor(t);
  const at = recordKey('default', key, 16);
  slowDown(cluster, [
    { from: 'n1', to: 'n2', name: WRITE, milliseconds: 20_000 },
    { from: 'n1', to: 'n3', name: WRITE, milliseconds: Number.POSITIVE_INFINITY },
  ]);
  const kind = { state: 'value', contentType: 'text/plain', ttlSeconds: undefined } as const;
  const change = { ...kind, value: Buffer.from('value') };
  const put = cluster.node('n1').coordination.put({
    ...{ namespace: 'default', key, level: 'quorum', fallbacks: [], ...PATIENT },
    ...{ change, context: undefined, durability: 'sync' },
  });
  const written = settled(Promise.resolve(put));
  await cluster.clock.advance(1000);
  t.ok(holds('n1'), 'it is on the disk of n1');
  await cluster.spoil('n1', at.storageKey);
  cluster.node('n1').disk.table.forgetCached(at);
  cluster.node('n1').disk.health.damage(at.partition, 'test');
  await cluster.clock.advance(10_000);
  t.notOk(rebuilds('n1'), 'rebuilt');
  t.notOk(holds('n1'), 'without the value');
  await cluster.clock.advance(50_000);
  t.ok(holds('n2'));
  t.match(await written, { outcome: 'unknown' }, 'one replica is no majority');
});

t.test('copying begins when all others know: what they took before is copied', async (t) => {
  const stage = await onlyAtSecond(t);
  const { cluster, key } = stage;
  slowDown(cluster, [
    { from: 'n4', to: 'n3', name: WRITE, milliseconds: 6500 },
    { from: 'n2', to: 'n3', name: 'anti-entropy.lost', milliseconds: 9000 },
  ]);
  const request = { namespace: 'default', key, level: 'quorum', fallbacks: [], ...PATIENT };
  const read = settled(Promise.resolve(cluster.node('n4').coordination.get(request)));
  await cluster.clock.advance(10);
  await loseSecond(stage);
  await cluster.clock.advance(8000);
  slowDown(cluster, []);
  await cluster.clock.advance(30_000);
  t.match(await read, { siblings: [{ state: 'value' }] });
  t.notOk(stage.rebuilds('n2'), 'rebuilt');
  t.ok(stage.holds('n2') && stage.holds('n3'), 'a majority holds what was answered');
});
