/** Strangers and broken peers at the peer listener: they harm nobody else. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import t from 'tap';
import { WebSocket } from 'ws';
import { encodeFrame } from '../../../lib/encoding/frame.js';
import { readProblem } from '../../../lib/client/read-answer.js';
import { DialerHandshake } from '../../../lib/platform/peer-handshake.js';
import { HOST, SocketNetwork } from '../../conformance/socket-network.js';
import { Inbox } from '../../conformance/inbox.js';
import { party } from './handshakes.js';
import { say } from './listening.js';

const SECRET = new Uint8Array(32).fill(7);

async function startNode(network: SocketNetwork, id: string, peers: string[]) {
  const inbox = new Inbox();
  const transport = network.create(id);
  network.connect(transport, peers);
  await transport.start(inbox);
  return { inbox, transport };
}

function reasons(network: SocketNetwork): string {
  return network.observer.lines.map((line) => String(line.fields['reason'] ?? '')).join('\n');
}

/** A program that holds the secret, and sends what it likes once it is let in. */
async function impersonate(network: SocketNetwork, id: string, to: string): Promise<WebSocket> {
  const nonce = randomBytes(32);
  const handshake = new DialerHandshake(party(id, { secret: SECRET, nonce }), to);
  const socket = new WebSocket(`ws://${HOST}:${String(network.portOf(to))}/`);
  socket.on('error', () => undefined);
  await once(socket, 'open');
  socket.send(handshake.opening);
  for (;;) {
    const gone = once(socket, 'close').then(() => Promise.reject(new Error('not let in')));
    const [text] = (await Promise.race([once(socket, 'message'), gone])) as [Buffer];
    gone.catch(() => undefined);
    const step = await handshake.receive(text.toString());
    if (step.reply !== undefined) socket.send(step.reply);
    if (step.link !== undefined) return socket;
  }
}

const closed = (socket: WebSocket | Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });

t.test('a wrong secret or cluster is refused, whoever calls', async (t) => {
  for (const changes of [{ secret: new Uint8Array(32).fill(8) }, { clusterName: 'other' }]) {
    for (const odd of ['n1', 'n2']) {
      const network = await SocketNetwork.make();
      const inbox = new Inbox();
      for (const id of ['n1', 'n2']) {
        const transport = network.create(id, id === odd ? changes : {});
        network.connect(transport, ['n1', 'n2']);
        await transport.start(inbox);
      }
      const expected = 'secret' in changes ? 'the secret differs' : 'another cluster';
      await network.until(() => reasons(network).split(expected).length > 3, 'refused repeatedly');
      t.strictSame(inbox.events, [], `${odd} is odd: ${expected}`);
      const label = 'secret' in changes ? 'secret_differs' : 'other_cluster';
      const counted = network.observer.labelsOf('quorate_peer_refusals_total');
      const named = new Set(counted.map(({ reason }) => reason));
      t.strictSame([...named], [label], 'also where the other side found it');
      await network.close();
    }
  }
});

t.test('bad frames of a peer close its link, and only that', async (t) => {
  // The impostor's id is the smallest: a larger one would be called back, and refused meanwhile.
  const network = await SocketNetwork.make();
  const one = await startNode(network, 'n3', ['n2', 'n1']);
  const two = await startNode(network, 'n2', ['n3', 'n1']);
  await network.until(() => one.transport.isOpen('n2'), 'the others are linked');
  const good = Buffer.from(encodeFrame([['good', new Uint8Array(40)]]));
  const frames: (Buffer | string)[] = [
    'a text',
    Buffer.alloc(0),
    encodeFrame([1]).subarray(0, 0),
    good.subarray(0, -1),
    Buffer.concat([good, good]),
    Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]),
    Buffer.alloc(network.frameBytesMax + 1, 0x90),
    ...Array.from({ length: 60 }, (_, n) => Buffer.concat([Buffer.from([0xc1]), randomBytes(n)])),
  ] as (Buffer | string)[];
  for (const frame of frames) {
    const socket = await impersonate(network, 'n1', 'n2');
    await network.until(() => two.transport.isOpen('n1'), 'let in');
    socket.send(good);
    socket.send(frame);
    socket.send(good);
    await closed(socket);
    await network.until(() => !two.transport.isOpen('n1'), 'closed');
  }
  t.equal(two.inbox.messages.length, frames.length, 'what came before is heard, nothing after it');
  t.equal(two.inbox.events.filter((event) => event === '-n1').length, frames.length);
  t.notOk(two.inbox.events.includes('-n3'), 'the link to the other node stays');
  one.transport.send('n2', ['still here']);
  await network.until(() => two.inbox.messages.at(-1)?.from === 'n3', 'and works');
  await network.close();
});

t.test('a newly proven link replaces a stale one', async (t) => {
  const network = await SocketNetwork.make();
  const two = await startNode(network, 'n2', ['n1']);
  const stale = await impersonate(network, 'n1', 'n2');
  await network.until(() => two.transport.isOpen('n1'), 'the first is open');
  const fresh = await impersonate(network, 'n1', 'n2');
  await closed(stale);
  t.strictSame(two.inbox.events, ['+n1', '-n1', '+n1']);
  fresh.send(encodeFrame([['fresh']]));
  await network.until(() => two.inbox.messages.length === 1, 'heard');
  fresh.terminate();
  await network.close();
});

t.test('strangers get little: no frames, few bytes, little time', async (t) => {
  const network = await SocketNetwork.make();
  const two = await startNode(network, 'n2', ['n1']);
  const port = network.portOf('n2');
  const call = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`ws://${HOST}:${String(port)}/`);
    socket.on('error', () => undefined);
    await once(socket, 'open');
    return socket;
  };
  const binary = await call();
  binary.send(encodeFrame([['hello']]));
  await closed(binary);
  const large = await call();
  large.send('x'.repeat(200_000));
  await closed(large);
  const silent = await call();
  const garbage = connect(port, HOST);
  garbage.on('error', () => undefined).end(randomBytes(2_000));
  garbage.resume();
  const half = connect(port, HOST);
  half.on('error', () => undefined).write('GET / HTTP/1.1\r\nHost: x\r\n');
  half.resume();
  await Promise.all([closed(silent), closed(garbage), closed(half)]);
  const answer = await fetch(`http://${HOST}:${String(port)}/`);
  t.equal(answer.status, 426, 'a browser is told that this is no page');
  t.equal(answer.headers.get('upgrade'), 'websocket');
  const problem = readProblem({
    ...{ kind: 'http', status: answer.status, header: (name) => answer.headers.get(name) ?? '' },
    body: new Uint8Array(await answer.arrayBuffer()),
  });
  const reported = { code: 'invalid_request', outcome: 'none', detail: /for the other nodes/ };
  t.match(problem, reported, 'as the client reads it');
  for (const expect of ['100-continue', 'miracles']) {
    const head = `PUT / HTTP/1.1\r\nHost: x\r\nExpect: ${expect}\r\nContent-Length: 9\r\n\r\n`;
    t.match(await say(port, head, HOST).answer, /^HTTP\/1.1 426 /, 'no body is asked for');
  }
  t.match(reasons(network), /a frame before the proof/);
  t.match(reasons(network), /too many bytes before a proof/);
  t.match(reasons(network), /no proof in time/);
  t.strictSame([two.inbox.events, two.inbox.messages], [[], []]);
  const peer = await impersonate(network, 'n1', 'n2');
  await network.until(() => two.transport.isOpen('n1'), 'a peer is still let in');
  peer.terminate();
  await network.close();
});

t.test('the messages of one turn share a frame', async (t) => {
  const network = await SocketNetwork.make();
  const two = await startNode(network, 'n2', ['n1']);
  const socket = await impersonate(network, 'n1', 'n2');
  await network.until(() => two.transport.isOpen('n1'), 'open');
  const frames: Buffer[] = [];
  socket.on('message', (data: Buffer) => frames.push(data));
  for (let n = 0; n < 50; n += 1) two.transport.send('n1', [n]);
  await Promise.resolve();
  two.transport.send('n1', ['later in this turn']);
  await network.until(() => frames.length > 0, 'a frame');
  two.transport.send('n1', ['another turn']);
  await network.until(() => frames.length > 1, 'the next');
  t.equal(frames.length, 2);
  t.ok(Buffer.from(encodeFrame([['another turn']])).equals(frames[1] ?? Buffer.alloc(0)));
  socket.terminate();
  await network.close();
});

t.test('a port in use is reported at start', async (t) => {
  const network = await SocketNetwork.make();
  await startNode(network, 'n2', []);
  const second = network.create('n2');
  await t.rejects(second.start(new Inbox()), { message: /cannot listen for peers on 127/ });
  await network.close();
});
