/** A member gone mad: frames of all kinds behind a good proof, over bare sockets. */
import type { Socket } from 'node:net';
import t from 'tap';
import { encodeFrame } from '../../lib/encoding/frame.js';
import { HOST, SocketNetwork } from '../conformance/socket-network.js';
import { Inbox } from '../conformance/inbox.js';
import { messageBytes } from '../unit/golden/message-bytes.js';
import { Chance } from './chance.js';
import { impersonate } from './impostor.js';
import { OPCODE, webSocketFrame } from './web-socket-bytes.js';

const INPUTS = Number(process.env['HOSTILE_INPUTS'] ?? 3_000);
const SEED = Number(process.env['HOSTILE_SEED'] ?? 1);
const SEEDS_APART = 10_000_019;
const FRAMES = [...messageBytes().values()];
const PATIENCE_MILLISECONDS = 15;
/** Frames on one link, if it holds so long. */
const FRAMES_OF_A_LINK = 8;

function binary(payload: Uint8Array, fin = true): Buffer {
  return webSocketFrame({ opcode: OPCODE.binary, payload, fin });
}

/** Frames near those that nodes send, and WebSocket frames that nobody sends. */
function madFrame(chance: Chance): Buffer {
  const frame = chance.pick(FRAMES);
  const payload = chance.bytes(chance.below(300));
  const opcode = chance.pick(Object.values(OPCODE));
  const empty = webSocketFrame({
    opcode: OPCODE.continuation,
    payload: Buffer.alloc(0),
    fin: false,
  });
  const kinds: (() => Buffer)[] = [
    ...Array.from({ length: 6 }, () => () => binary(chance.mutated(frame))),
    () => chance.mutated(binary(frame)),
    () => binary(encodeFrame([chance.value(), chance.value(8)])),
    () => binary(payload),
    () => webSocketFrame({ opcode, payload, fin: chance.oneIn(2) }),
    () => webSocketFrame({ opcode: OPCODE.binary, payload, declared: 2n ** 40n }),
    () => Buffer.concat([binary(frame, false), ...Array<Buffer>(100).fill(empty)]),
    () => Buffer.concat(Array<Buffer>(200).fill(webSocketFrame({ opcode: OPCODE.ping, payload }))),
    () => binary(Buffer.alloc(262_145, 0x90)),
    () => binary(Buffer.alloc(chance.length(), 0x91)),
  ];
  return chance.pick(kinds)();
}

async function play(socket: Socket, chance: Chance): Promise<number> {
  const gone = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  let sent = 0;
  while (sent < FRAMES_OF_A_LINK && !socket.destroyed) {
    socket.write(madFrame(chance));
    sent += 1;
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise((resolve) => {
      timer = setTimeout(resolve, chance.below(PATIENCE_MILLISECONDS));
    });
    await Promise.race([gone, pause]);
    clearTimeout(timer);
  }
  socket.destroy();
  await gone;
  return sent;
}

if (INPUTS > 10_000) t.setTimeout(0);

t.test(`${INPUTS} frames of a member from seed ${SEED}`, async (t) => {
  // Each impostor has a name of its own; the smallest: nobody calls it back meanwhile.
  const impostors = Array.from({ length: 16 }, (_, n) => `a${n}`);
  const network = await SocketNetwork.make(['n1', 'n2', ...impostors]);
  const one = network.create('n1');
  const two = network.create('n2');
  const [atOne, atTwo] = [new Inbox(), new Inbox()];
  network.connect(one, ['n2']);
  network.connect(two, ['n1', ...impostors]);
  await two.start(atTwo);
  await one.start(atOne);
  await network.until(() => one.isOpen('n2') && two.isOpen('n1'), 'linked');

  const place = { host: HOST, port: network.portOf('n2') };
  let played = 0;
  const run = async (id: string): Promise<void> => {
    while (played < INPUTS) {
      const chance = new Chance(SEED * SEEDS_APART + played);
      const sent = await play(await impersonate(place, id, 'n2'), chance);
      played += sent;
      await network.until(() => !two.isOpen(id), `${id} is gone at ${played}`);
    }
  };
  await Promise.all(impostors.map(run));
  t.ok(played >= INPUTS);
  t.same(atOne.events, ['+n2'], 'the link of the others stays');
  const heard = atOne.messages.length;
  two.send('n1', ['still here']);
  await network.until(() => atOne.messages.length > heard, 'and works');
  t.ok(atTwo.messages.length > 0, 'good ones among them were heard');
  t.equal(network.observer.countOf('quorate_listener_failures_total'), 0, 'nothing threw');
  await network.close();
});
