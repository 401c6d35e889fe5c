/** What the peer port says to strangers: nothing of the node, and nothing at all to pages. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { DialerHandshake } from '../../../lib/platform/peer-handshake.js';
import { HOST, SocketNetwork } from '../../conformance/socket-network.js';
import { Inbox } from '../../conformance/inbox.js';
import { party } from './handshakes.js';
import { say } from './listening.js';

const ID = 'the-id-of-this-node';
const UPGRADE = [
  ...['GET / HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket'],
  ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='],
];

async function listening(t: Test): Promise<{ network: SocketNetwork; port: number }> {
  const network = await SocketNetwork.make([ID, 'n1']);
  t.teardown(() => network.close());
  const transport = network.create(ID);
  network.connect(transport, ['n1']);
  await transport.start(new Inbox());
  return { network, port: network.portOf(ID) };
}

const text = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`;

t.test('what comes from a page is refused, as an upgrade and as a request', async (t) => {
  const { network, port } = await listening(t);
  const origins = ['Origin: https://evil.example', 'Origin: null', 'Origin: http://x', 'Origin:'];
  for (const origin of [...origins, 'Sec-WebSocket-Origin: http://x']) {
    const upgrade = await say(port, text([...UPGRADE, origin]), HOST).answer;
    t.match(upgrade, /^HTTP\/1\.1 403 /, `an upgrade with ${origin}`);
    const plain = await say(port, text(['GET / HTTP/1.1', 'Host: x', origin]), HOST).answer;
    t.match(plain, /^HTTP\/1\.1 403 /, `a request with ${origin}`);
  }
  const refusals = network.observer.labelsOf('quorate_peer_refusals_total');
  const fromPages = refusals.filter(({ reason }) => reason === 'from_a_page');
  t.equal(fromPages.length, origins.length + 1);
  const { socket, answer } = say(port, text(UPGRADE), HOST);
  await once(socket, 'data');
  socket.end();
  t.match(await answer, /^HTTP\/1\.1 101 /, 'without an origin it is let in');
});

/** All that is said to a stranger who opens with this text: frames, the reason, headers. */
async function heard(port: number, opening: string): Promise<string> {
  const socket = new WebSocket(`ws://${HOST}:${String(port)}/`);
  const said: string[] = [];
  socket.on('error', () => undefined);
  socket.on('upgrade', ({ rawHeaders }: IncomingMessage) => said.push(...rawHeaders));
  socket.on('message', (data: Buffer) => {
    said.push(data.toString());
    socket.send('{"not":"a proof"}');
  });
  await once(socket, 'open');
  socket.send(opening);
  const [, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [...said, reason.toString()].join('\n');
}

t.test('no stranger is told the id of the node', async (t) => {
  const { port } = await listening(t);
  const secret = new Uint8Array(32).fill(9);
  const opening = (to: string, changes = {}) =>
    new DialerHandshake(party('n1', { secret, ...changes }), to).opening;
  const openings: Record<string, string> = {
    'whom it does not know': opening('n2'),
    'another cluster': opening(ID, { clusterName: 'other' }),
    'another version': opening(ID, { versions: { min: 900, max: 901 } }),
    'its own name': new DialerHandshake(party(ID, { secret }), ID).opening,
    'no greeting': '{}',
    'a greeting': opening(ID),
  };
  for (const [name, greeting] of Object.entries(openings)) {
    const answer = await heard(port, greeting);
    t.not(answer, '', `${name}: it is answered`);
    t.notMatch(answer, ID, name);
  }
  t.match(await heard(port, opening(ID)), /nonce/, 'the challenge was among them');
  for (const head of [
    ['GET / HTTP/1.1', 'Host: x'],
    ['nonsense'],
    ['PUT /a HTTP/1.1', 'Host: x'],
  ]) {
    t.notMatch(await say(port, text(head), HOST).answer, ID, head.join());
  }
});
