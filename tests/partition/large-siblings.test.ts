/** Values of 1 MiB on all sides of a cut: what they come to together is longer than a frame. */
import t from 'tap';
import { RECORDS } from '../../lib/anti-entropy/messages.js';
import type { OperatingError } from '../../lib/errors.js';
import type { Receiver, Transport } from '../../lib/environment/transport.js';
import { requestMessage } from '../../lib/rpc/wire.js';
import { LocalCluster } from './local-cluster.js';

const MEBIBYTE = 1_048_576;
const IDS = ['n1', 'n2', 'n3'];
const SIDES = ['n1', 'n2', 'n3', 'n4', 'n5'];
const SOCKETS = { frameBytesMax: 4 * MEBIBYTE, linkQueueBytesMax: 4 * MEBIBYTE };
const LIMITS = {
  valueBytesMax: MEBIBYTE,
  recordBytesMax: 3.5 * MEBIBYTE,
  // Hints would bring what each side wrote, one by one.
  hintsBytesMax: 0,
  heartbeatsMissedSuspect: 100,
  heartbeatsMissedDead: 200,
};
const VALUES_A_SIDE = 3;

const start = (
  wrap?: (transport: Transport, id: string) => Transport,
  ids: readonly string[] = IDS,
): Promise<LocalCluster> =>
  LocalCluster.start(ids, {
    ...{ sockets: SOCKETS, limits: LIMITS, replicas: ids.length },
    consistency: { blind_writes: 'sibling' },
    ...(wrap === undefined ? {} : { wrap }),
  });

function value(name: string): string {
  return name.padEnd(MEBIBYTE, '.');
}

t.setTimeout(240_000);

t.test('siblings beyond the limit are refused before anything is acknowledged', async (t) => {
  const cluster = await start();
  t.teardown(() => cluster.stop());
  let written = 0;
  let refusal: OperatingError | undefined;
  while (refusal === undefined && written < 20) {
    await cluster.put('n1', 'k', value(`v${written}`), 'one').then(
      () => {
        written += 1;
      },
      (error: OperatingError) => {
        refusal = error;
      },
    );
  }
  t.match(refusal, { code: 'record_too_large', outcome: 'none' });
  t.equal(
    (await cluster.values('n2', 'k', 'all')).length,
    written,
    'what was acknowledged is there',
  );
  const { context } = await cluster.get('n3', 'k', 'all');
  await cluster.put('n3', 'k', 'small', 'quorum', context);
  t.same(await cluster.values('n1', 'k', 'quorum'), ['small'], 'and can be replaced');
});

t.test('what five sides wrote comes together, though it is longer than frames', async (t) => {
  const cluster = await start(undefined, SIDES);
  t.teardown(() => cluster.stop());
  await cluster.cutApart(SIDES.map((id) => [id]));
  for (const id of SIDES) {
    for (let n = 0; n < VALUES_A_SIDE; n += 1) await cluster.put(id, 'k', value(id + n), 'one');
  }
  const untilHeld = (ids: readonly string[], count: number): Promise<void> =>
    cluster.network.until(
      () => ids.every((id) => cluster.held(id, 'k').values.length === count),
      `${ids.join()} hold ${count}`,
    );
  // Some sides meet first: the others have to take what they have merged, whole.
  cluster.heal();
  await cluster.cutApart([['n1', 'n2'], ['n3', 'n4'], ['n5']]);
  for (const pair of [
    ['n1', 'n2'],
    ['n3', 'n4'],
  ])
    await untilHeld(pair, 2 * VALUES_A_SIDE);
  cluster.heal();
  await cluster.untilSeen(SIDES, SIDES);
  const all = VALUES_A_SIDE * SIDES.length;
  await untilHeld(SIDES, all);
  await cluster.untilAlike(['k']);
  for (const id of SIDES) t.equal((await cluster.values(id, 'k', 'quorum')).length, all, id);
  const { context } = await cluster.get('n2', 'k', 'all');
  await cluster.put('n2', 'k', 'small', 'all', context);
  t.same(await cluster.values('n1', 'k', 'quorum'), ['small'], 'and can be replaced');
});

t.test('sixteen records of 1 MiB are answered in as many messages as they need', async (t) => {
  const replies: unknown[] = [];
  let settingsHash = 0;
  let wire: Transport | undefined;
  const cluster = await start((transport, id) => {
    if (id !== 'n1') return transport;
    wire = transport;
    const [send, begin] = [transport.send.bind(transport), transport.start.bind(transport)];
    transport.send = (to, message) => {
      const [kind, , , , hash] = message as [number, number, string, number, number];
      if (kind === 0) settingsHash = hash;
      return send(to, message);
    };
    transport.start = (receiver: Receiver) => {
      const receive = receiver.receive.bind(receiver);
      receiver.receive = (from, message) => {
        const [, asked] = message as [number, number];
        if (asked === 1) replies.push(message);
        receive(from, message);
      };
      return begin(receiver);
    };
    return transport;
  });
  t.teardown(() => cluster.stop());
  const names = Array.from({ length: 16 }, (_, n) => `k${n}`);
  for (const name of names) await cluster.put('n1', name, value(name), 'all');
  let left = names;
  while (left.length > 0) {
    const keys = left.map((key) => ({ namespace: 'default', key }));
    const head = { id: 1, name: RECORDS.name, epoch: 1, settingsHash };
    const body = { keys };
    wire?.send('n2', requestMessage({ ...head, remainingMilliseconds: 5_000, body }));
    await cluster.network.until(() => replies.length > 0, `an answer about ${left.join()}`);
    const [kind, , answer] = replies.splice(0)[0] as [number, number, unknown];
    t.equal(kind, 1, 'no refusal');
    const { records } = RECORDS.reply.parse(answer);
    t.ok(records.length > 0 && records.every((record) => (record?.length ?? 0) > MEBIBYTE));
    left = left.slice(Math.max(1, records.length));
  }
});
