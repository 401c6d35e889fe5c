/** Whatever is sent as a list is cut by bytes, and arrives whole. */
import t, { type Test } from 'tap';
import { encodeFrame } from '../../../lib/encoding/frame.js';
import { PULL_SETTINGS } from '../../../lib/membership/messages.js';
import { pullSettings } from '../../../lib/membership/settings-pull.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import type { Messenger } from '../../../lib/rpc/messenger.js';
import type { NodeLimits } from '../../../lib/node-options.js';
import { LocalCluster } from '../local-cluster.js';

const PAGE_BYTES = 4000;
/** What lies around a list in a message, all fields of the settings among it. */
const AROUND_BYTES = 1500;
const CHANGE = { ifMatch: undefined, dryRun: false, by: 'test' };
const keyed = (key: string) => {
  const none = { level: undefined, fallbacks: [], timeoutMilliseconds: undefined };
  return { namespace: 'default', key, ...none };
};

/** @returns the cluster, and the longest message that was sent in it */
async function clusterFor(t: Test, nodes: number, limits: Partial<NodeLimits> = {}) {
  const cluster = await LocalCluster.of({ nodes, limits: { pageBytesMax: PAGE_BYTES, ...limits } });
  t.teardown(() => cluster.stop());
  let longest = 0;
  cluster.network.gate = (_from, _to, message) => {
    longest = Math.max(longest, encodeFrame([message]).length);
    return true;
  };
  return { cluster, longest: () => longest };
}

t.test('the history of the settings, by a node that was away', async (t) => {
  const { cluster, longest } = await clusterFor(t, 3);
  await cluster.crash('n3');
  for (let i = 0; i < 60; i += 1) {
    const fields = { read_repair_probability: i % 2 === 0 ? 0.5 : 0 };
    await cluster.wait(cluster.node('n1').settings.change(fields, CHANGE));
  }
  await cluster.restart('n3');
  await cluster.clock.advance(3000);
  const histories = ['n1', 'n2', 'n3'].map((id) => cluster.node(id).settings.history());
  t.strictSame(
    histories.map(({ length }) => length),
    [60, 60, 60],
  );
  t.strictSame(histories[2], histories[0]);
  t.ok(encodeFrame([histories[0]]).length > 4 * PAGE_BYTES, 'it is longer than a message');
  t.ok(longest() <= PAGE_BYTES + AROUND_BYTES, `the longest message: ${longest()}`);
});

t.test('a history that grows while it is read is read again', async (t) => {
  const change = (n: number) => ({ version: `${n}-0`, node: 'n1' });
  const asked: unknown[] = [];
  let changes = [1, 3, 4].map(change);
  const messenger = {
    request: async (_peer: string, type: unknown, { after }: { after: string | null }) => {
      t.equal(type, PULL_SETTINGS);
      asked.push(after);
      const at = changes.findIndex(({ version }) => `${version} n1` === after) + 1;
      const reported = {
        settings: { fields: [], history: changes.slice(at, at + 1) },
        ...{ more: at + 1 < changes.length, hash: changes.length },
      };
      if (asked.length === 2) changes = [1, 2, 3, 4].map(change);
      return reported;
    },
  } as unknown as Messenger;
  const { settings, hash } = await pullSettings(messenger, 'n2', 1000, 0);
  t.strictSame(settings.history, [1, 2, 3, 4].map(change));
  t.equal(hash, 4);
  t.strictSame(asked.slice(2), ['3-0 n1', null, '1-0 n1', '2-0 n1', '3-0 n1']);
});

t.test('kept versions of a key', async (t) => {
  const { cluster, longest } = await clusterFor(t, 4);
  const key = cluster.keyOwnedBy(['n4'], false);
  await cluster.wait(cluster.node('n1').settings.change({ versions_kept: 1000 }, CHANGE));
  for (let i = 0; i < 200; i += 1) await cluster.put('n4', key, `${i}`, { level: 'all' });
  const { kept } = await cluster.wait(cluster.node('n4').coordination.versions(keyed(key)));
  t.equal(kept.length, 199);
  t.ok(encodeFrame([kept]).length > 2 * PAGE_BYTES, 'they are longer than a message');
  t.ok(longest() <= PAGE_BYTES + AROUND_BYTES, `the longest message: ${longest()}`);
});

t.test('resolutions of a key', async (t) => {
  const { cluster, longest } = await clusterFor(t, 4);
  const key = cluster.keyOwnedBy(['n4'], false);
  await cluster.put('n4', key, 'x');
  const value = Buffer.alloc(1000, 7);
  for (const id of ['n1', 'n2', 'n3']) {
    for (let i = 0; i < 16; i += 1) {
      const dropped = [
        ...[
          { version: `n1.1.a-${i}`, contentType: 'text/plain', value, bytes: 1000, writtenAt: i },
        ],
      ];
      const entry = { at: i, strategy: 'set-union', by: 'test', kept: `n1.1.b-${i}`, dropped };
      const { audits } = cluster.node(id).disk;
      await cluster.wait(audits.add(recordKey('default', key, 16), entry, 'sync').committed);
    }
  }
  const { resolutions } = await cluster.wait(cluster.node('n4').coordination.conflicts(keyed(key)));
  t.strictSame(
    resolutions.map(({ at }) => at),
    Array.from({ length: 16 }, (_, i) => 15 - i),
  );
  t.ok(resolutions.every(({ dropped }) => dropped[0]?.value?.length === 1000));
  t.ok(longest() <= PAGE_BYTES + AROUND_BYTES, `the longest message: ${longest()}`);
});

t.test('keys that differ, as an exchange on request tells them', async (t) => {
  // By itself nothing is compared.
  const never = 3_600_000;
  const limits = { exchangeIntervalMilliseconds: never, treeComparisonIntervalMilliseconds: never };
  const { cluster, longest } = await clusterFor(t, 3, limits);
  const value = Buffer.from('x');
  const change = {
    state: 'value',
    contentType: 'text/plain',
    value,
    ttlSeconds: undefined,
  } as const;
  const intent = { ...{ seen: undefined, known: undefined, epoch: 1 }, change };
  for (let i = 0; i < 40; i += 1) {
    const at = recordKey('default', `${i} ${'k'.repeat(900)}`, 16);
    // As if no copy had left.
    const { committed } = cluster.node('n2').replica.mint(at, intent, 'sync', () => undefined);
    await cluster.wait(committed);
  }
  const found = await cluster.wait(cluster.node('n1').exchange.exchangeNow(undefined, true));
  for (const [node, peer] of [
    ['n1', 'n2'],
    ['n2', 'n1'],
    ['n2', 'n3'],
    ['n3', 'n2'],
  ]) {
    const reports = found.find((one) => one.node === node)?.peers ?? [];
    const { differences, keys = [] } = reports.find((one) => one.peer === peer) ?? {};
    t.equal(differences, 40, `${node} counts all that differ from ${peer}`);
    t.ok(keys.length > 0 && keys.length < 40, `and names the first ${keys.length}`);
  }
  t.ok(longest() <= PAGE_BYTES + AROUND_BYTES, `the longest message: ${longest()}`);
});
