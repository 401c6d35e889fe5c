/** Messages of all types with parts changed, from a member to real nodes: they refuse, go on. */
import t from 'tap';
import { decodeFrame } from '../../lib/encoding/frame.js';
import type { Transport } from '../../lib/environment/transport.js';
import { OperatingError } from '../../lib/errors.js';
import { LocalCluster } from '../partition/local-cluster.js';
import { type HotMessage, isHot } from '../../lib/rpc/hot-messages.js';
import { HOT_REQUESTS } from '../unit/golden/hot-samples.js';
import { messageBytes } from '../unit/golden/message-bytes.js';
import { Chance } from './chance.js';

const INPUTS = Number(process.env['HOSTILE_INPUTS'] ?? 10_000);
const SEED = Number(process.env['HOSTILE_SEED'] ?? 1);
const SEEDS_APART = 10_000_019;
const MESSAGES = [...messageBytes().values()].flatMap(decodeFrame) as unknown[][];
/** Which part of a request is its body, and which say how it may be served. */
const BODY = 6;
const EPOCH = 3;
const SETTINGS_HASH = 4;
/** Sent before it is looked whether the link holds. */
const IN_A_ROW = 4;
const PUTS_MAX = 10;

/** A request as a member of this cluster sends it, with one or two things changed. */
function madMessage(chance: Chance, settingsHash: number): unknown {
  const message = [...chance.pick(MESSAGES)];
  if (message.length > BODY) {
    message[EPOCH] = 1;
    message[SETTINGS_HASH] = settingsHash;
    message[BODY] = chance.changed(message[BODY]);
  } else if (isHot(message)) return madHotMessage(chance, message, settingsHash);
  else message[2] = chance.changed(message[2]);
  return chance.oneIn(4) ? chance.changed(message) : message;
}

/** The same of fixed layout: of a member that means well, but for some bytes. */
function madHotMessage(chance: Chance, message: HotMessage, settingsHash: number): unknown {
  const [kind, items, ...beside] = message;
  const bytes = chance.oneIn(8) ? Buffer.from(items) : chance.mutated(items);
  const head = HOT_REQUESTS.get(kind);
  if (head !== undefined && bytes.length >= head + 8 && !chance.oneIn(8)) {
    bytes.writeUInt32LE(1, head);
    bytes.writeUInt32LE(settingsHash >>> 0, head + 4);
  }
  const changed = [kind, bytes, ...beside];
  return chance.oneIn(4) ? chance.changed(changed) : changed;
}

/** What was sent last may close a link once more: a write that was refused is tried again. */
async function putAtAll(cluster: LocalCluster): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await cluster.put('n3', 'after', 'y', 'all');
      return;
    } catch (error) {
      const isRefused = error instanceof OperatingError && error.outcome === 'none';
      if (!isRefused || tries === PUTS_MAX) throw error;
      await cluster.untilSeen(cluster.ids, cluster.ids);
    }
  }
}

if (INPUTS > 10_000) t.setTimeout(0);

t.test(`${INPUTS} messages of a member from seed ${SEED}`, async (t) => {
  let wire: Transport | undefined;
  let settingsHash = 0;
  /** Keeps the way in, and the hash that this node tells the others. */
  const tap = (transport: Transport): Transport => {
    wire = transport;
    const send = transport.send.bind(transport);
    transport.send = (to, message) => {
      if (Array.isArray(message) && message.length > BODY) settingsHash = message[SETTINGS_HASH];
      return send(to, message);
    };
    return transport;
  };
  const cluster = await LocalCluster.start(['n0', 'n1', 'n2', 'n3'], {
    sockets: { reconnectDelayMinMilliseconds: 1, reconnectDelayMaxMilliseconds: 5 },
    wrap: (transport, id) => (id === 'n0' ? tap(transport) : transport),
  });
  t.teardown(() => cluster.stop());
  const { network } = cluster;
  await cluster.put('n1', 'before', 'x', 'quorum');

  let next = 0;
  const attack = async (target: string): Promise<void> => {
    while (next < INPUTS) {
      await network.until(() => wire?.isOpen(target) === true, `${target} is open at ${next}`);
      const chance = new Chance(SEED * SEEDS_APART + next);
      for (let n = 0; n < IN_A_ROW; n += 1) wire?.send(target, madMessage(chance, settingsHash));
      next += IN_A_ROW;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  await Promise.all(['n1', 'n2', 'n3'].map(attack));
  await cluster.untilSeen(cluster.ids, cluster.ids);
  t.same(await cluster.values('n2', 'before', 'quorum'), ['x']);
  await putAtAll(cluster);
  const errors = network.observer.lines.filter(({ event }) => /programmer error/.test(event));
  const reasons = new Set(errors.map(({ fields }) => String(fields['reason'])));
  t.same([...reasons], [], 'what is wrong is refused as such');
  t.equal(network.observer.countOf('quorate_listener_failures_total'), 0, 'nothing threw');
});
