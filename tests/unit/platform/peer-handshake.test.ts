/** The proof of the secret, from both sides and against impostors. */
import fc from 'fast-check';
import t from 'tap';
import type { HandshakeIdentity } from '../../../lib/platform/peer-handshake.js';
import { AcceptorHandshake, DialerHandshake } from '../../../lib/platform/peer-handshake.js';

let nonces = 0;

function identity(self: string, changes: Partial<HandshakeIdentity> = {}): HandshakeIdentity {
  nonces += 1;
  const nonce = new Uint8Array(32).fill(nonces);
  return { self, clusterName: 'test', secret: new Uint8Array(32).fill(7), nonce, ...changes };
}

const welcome = (): undefined => undefined;
const unauthorized = (message: string | RegExp) => ({ code: 'unauthorized', message });

function replyOf(step: { reply?: string }): string {
  if (step.reply === undefined) throw new Error('a reply was expected');
  return step.reply;
}

t.test('two holders of the secret prove it to each other', async (t) => {
  const dialer = new DialerHandshake(identity('n1'), 'n2');
  const acceptor = new AcceptorHandshake(identity('n2'), welcome);
  const challenge = acceptor.receive(dialer.opening);
  t.equal(challenge.peer, undefined, 'a hello proves nothing');
  const proof = dialer.receive(replyOf(challenge));
  t.equal(proof.peer, undefined, 'open only when the other side said so');
  const last = acceptor.receive(replyOf(proof));
  t.equal(last.peer, 'n1');
  t.equal(dialer.receive(replyOf(last)).peer, 'n2');
});

t.test('a side without the secret is refused by the other', async (t) => {
  const wrong = { secret: new Uint8Array(32).fill(8) };
  const dialer = new DialerHandshake(identity('n1'), 'n2');
  const impostor = new AcceptorHandshake(identity('n2', wrong), welcome);
  const challenge = replyOf(impostor.receive(dialer.opening));
  t.throws(() => dialer.receive(challenge), unauthorized('the secret differs'));
  const acceptor = new AcceptorHandshake(identity('n2'), welcome);
  acceptor.receive(dialer.opening);
  const guess = JSON.stringify({ proof: '00'.repeat(32) });
  t.throws(() => acceptor.receive(guess), unauthorized('the secret differs'));
});

t.test('proofs cannot be reflected or replayed', async (t) => {
  const dialer = new DialerHandshake(identity('n1'), 'n2');
  const acceptor = new AcceptorHandshake(identity('n2'), welcome);
  const challenge = replyOf(acceptor.receive(dialer.opening));
  const proof = replyOf(dialer.receive(challenge));
  const own = JSON.stringify({ proof: (JSON.parse(challenge) as { proof: string }).proof });
  t.throws(() => acceptor.receive(own), unauthorized('the secret differs'), 'its own proof');
  const later = new AcceptorHandshake(identity('n2'), welcome);
  later.receive(dialer.opening);
  t.throws(() => later.receive(proof), unauthorized('the secret differs'), 'an older proof');
  const another = new AcceptorHandshake(identity('n3'), welcome);
  t.throws(
    () => another.receive(dialer.opening),
    unauthorized('another node was called than this one'),
  );
});

t.test('other clusters, versions and unwanted nodes are refused by name', async (t) => {
  const acceptor = () =>
    new AcceptorHandshake(identity('n2'), (id) => (id === 'n9' ? 'unknown_peer' : undefined));
  const other = new DialerHandshake(identity('n1', { clusterName: 'other' }), 'n2');
  t.throws(() => acceptor().receive(other.opening), unauthorized('another cluster'));
  const unknown = new DialerHandshake(identity('n9'), 'n2');
  t.throws(() => acceptor().receive(unknown.opening), unauthorized(/not in the list/));
  const hello = new DialerHandshake(identity('n1'), 'n2').opening;
  const newer = hello.replace(/"version":\d+/, '"version":9999');
  t.throws(() => acceptor().receive(newer), unauthorized(/another version/));
});

t.test('ten thousand texts of a stranger: refused, none believed', async (t) => {
  const { opening } = new DialerHandshake(identity('n1'), 'n2');
  const damaged = fc
    .tuple(fc.nat({ max: opening.length }), fc.string({ maxLength: 8 }))
    .map(([at, text]) => opening.slice(0, at) + text + opening.slice(at + text.length));
  const text = fc.oneof(fc.string(), fc.json(), damaged, fc.constant(opening));
  const property = fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), (texts) => {
    const acceptor = new AcceptorHandshake(identity('n2'), welcome);
    const dialer = new DialerHandshake(identity('n1'), 'n2');
    for (const side of [acceptor, dialer]) {
      try {
        for (const each of texts) if (side.receive(each).peer !== undefined) return false;
      } catch (error) {
        if ((error as { code?: string }).code !== 'unauthorized') return false;
      }
    }
    return true;
  });
  t.doesNotThrow(() => {
    fc.assert(property, { numRuns: 10_000 });
  });
});
