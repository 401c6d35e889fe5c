/** The proof of the secret and of who is who, from both sides and against impostors. */
import fc from 'fast-check';
import t from 'tap';
import type { LinkRefusal } from '../../../lib/environment/transport.js';
import {
  AcceptorHandshake,
  DialerHandshake,
  type HandshakeParty,
} from '../../../lib/platform/peer-handshake.js';
import { PROTOCOL_VERSIONS } from '../../../lib/platform/peer-protocol.js';
import { party, shakeHands, type Tamper } from './handshakes.js';

const welcome = (): undefined => undefined;

function pair(
  mine: Partial<HandshakeParty> = {},
  theirs: Partial<HandshakeParty> = {},
): [DialerHandshake, AcceptorHandshake] {
  const dialer = new DialerHandshake(party('n1', mine), 'n2');
  return [dialer, new AcceptorHandshake(party('n2', theirs), welcome)];
}

t.test('two holders of the secret prove it, and who they are, to each other', async (t) => {
  const { dialer, acceptor, texts } = await shakeHands(...pair());
  t.equal(texts.length, 5);
  t.strictSame(dialer.link, {
    peer: 'n2',
    introduction: party('n2').introduce(),
    version: PROTOCOL_VERSIONS.max,
  });
  t.strictSame(acceptor.link?.introduction, party('n1').introduce());
  t.equal(acceptor.link?.peer, 'n1');
});

t.test('a side without the secret is refused by the other, and told nothing', async (t) => {
  const other = { secret: new Uint8Array(32).fill(8) };
  for (const [mine, theirs] of [
    [other, {}],
    [{}, other],
  ]) {
    const { dialer, acceptor, texts } = await shakeHands(...pair(mine, theirs));
    t.equal(dialer.refused, 'the secret differs');
    t.equal(acceptor.link, undefined);
    t.notMatch(texts.join(), /life of/, 'nobody has introduced itself');
  }
  const acceptor = new AcceptorHandshake(party('n2'), welcome);
  await acceptor.receive(new DialerHandshake(party('n1'), 'n2').opening);
  const guess = JSON.stringify({ body: '{}', proof: '00'.repeat(32) });
  await t.rejects(async () => acceptor.receive(guess), { message: 'the secret differs' });
});

t.test('proofs cannot be reflected or replayed', async (t) => {
  const first = await shakeHands(...pair());
  for (const said of [1, 2, 3, 4]) {
    // At its turn, a text of another handshake; and the other side's own, sent back.
    for (const text of [first.texts[said], undefined]) {
      let last = '';
      const tamper: Tamper = (own, turn) => {
        const replaced = turn === said ? (text ?? last) : own;
        last = own;
        return replaced;
      };
      const { dialer, acceptor } = await shakeHands(...pair(), tamper);
      const refused = said % 2 === 0 ? acceptor : dialer;
      t.match(refused.refused, /secret differs|not a handshake/, `text ${said}`);
      t.equal(refused.link, undefined);
    }
  }
  const another = new AcceptorHandshake(party('n3'), welcome);
  const { opening } = new DialerHandshake(party('n1'), 'n2');
  await t.rejects(async () => another.receive(opening), { message: /another node was called/ });
});

t.test('other clusters and unwanted nodes are refused by name', async (t) => {
  const { acceptor } = await shakeHands(...pair({ clusterName: 'other' }));
  t.equal(acceptor.refused, 'another cluster');
  const unwanted = new AcceptorHandshake(party('n2'), () => 'unknown_peer');
  const refused = await shakeHands(new DialerHandshake(party('n9'), 'n2'), unwanted);
  t.equal(refused.acceptor.refused, 'the caller is not in the list of peers');
});

t.test('both sides judge, and who is refused is told, with a proof', async (t) => {
  const refusal: LinkRefusal = { kind: 'cluster', detail: 'theirs' };
  for (const judge of ['dialer', 'acceptor'] as const) {
    const reported: unknown[] = [];
    const judging = { judge: async () => refusal };
    const listening = { onRefused: (...all: unknown[]) => reported.push(all) };
    const sides = judge === 'dialer' ? pair(judging, listening) : pair(listening, judging);
    const { dialer, acceptor } = await shakeHands(...sides);
    t.strictSame(reported, [[judge === 'dialer' ? 'n1' : 'n2', refusal]]);
    t.equal(dialer.refused, 'another cluster: theirs');
    t.equal(acceptor.refused, 'another cluster: theirs');
    // Nobody in between can refuse in the name of a member, or hide that it refuses.
    const forged: Tamper = (text, turn) =>
      turn === (judge === 'dialer' ? 4 : 3) ? text.replace('cluster', 'life') : text;
    const silent = { onRefused: () => t.fail('not proven') };
    const again = judge === 'dialer' ? pair(judging, silent) : pair(silent, judging);
    const end = (await shakeHands(...again, forged))[judge === 'dialer' ? 'acceptor' : 'dialer'];
    t.match(end.refused, /secret differs|not a handshake/);
  }
});

const ranges: [ours: [number, number], theirs: [number, number], version: number | undefined][] = [
  [[4, 4], [4, 4], 4],
  [[4, 5], [4, 4], 4],
  [[4, 5], [5, 6], 5],
  [[4, 5], [4, 5], 5],
  [[1, 9], [3, 7], 7],
  [[4, 4], [5, 5], undefined],
  [[4, 5], [6, 7], undefined],
];
for (const [ours, theirs, version] of ranges) {
  t.test(`versions ${ours.join(' to ')} and ${theirs.join(' to ')}`, async (t) => {
    const range = ([min, max]: [number, number]) => ({ versions: { min, max } });
    for (const [mine, others] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      const { dialer, acceptor } = await shakeHands(...pair(range(mine), range(others)));
      t.strictSame([dialer.link?.version, acceptor.link?.version], [version, version]);
      if (version !== undefined) continue;
      const text = (own: [number, number], other: [number, number]): string =>
        'another version of the peer protocol: this node speaks the versions ' +
        `${own.join(' to ')}, the other one ${other.join(' to ')}`;
      t.equal(dialer.refused, text(mine, others), 'both say which both speak');
      t.equal(acceptor.refused, text(others, mine));
    }
  });
}

t.test('nobody in between makes both speak an older version', async (t) => {
  const both = { versions: { min: 4, max: 6 } };
  for (const at of [0, 1]) {
    const tamper: Tamper = (text, turn) => (turn === at ? text.replace('[4,6]', '[4,5]') : text);
    const { dialer, acceptor } = await shakeHands(...pair(both, both), tamper);
    t.equal(dialer.refused, 'the secret differs', `text ${at}`);
    t.equal(acceptor.link, undefined);
  }
});

t.test('what a newer node says besides is proven, and no hindrance', async (t) => {
  const newer = { ...party('n1').introduce(), more: 'to say' };
  const { dialer, acceptor } = await shakeHands(...pair({ introduce: () => newer }));
  t.ok(dialer.link && acceptor.link);
  const tamper: Tamper = (text, turn) => (turn === 2 ? text.replace('to say', 'to lie') : text);
  const tampered = await shakeHands(...pair({ introduce: () => newer }), tamper);
  t.equal(tampered.acceptor.refused, 'the secret differs');
});

t.test('ten thousand texts of a stranger: refused, none believed', async (t) => {
  const { opening } = new DialerHandshake(party('n1'), 'n2');
  const damaged = fc
    .tuple(fc.nat({ max: opening.length }), fc.string({ maxLength: 8 }))
    .map(([at, text]) => opening.slice(0, at) + text + opening.slice(at + text.length));
  const text = fc.oneof(fc.string(), fc.json(), damaged, fc.constant(opening));
  const believes = async (side: DialerHandshake | AcceptorHandshake, texts: string[]) => {
    try {
      for (const each of texts) if ((await side.receive(each)).link !== undefined) return true;
    } catch (error) {
      if ((error as { code?: string }).code !== 'unauthorized') return true;
    }
    return false;
  };
  const property = fc.asyncProperty(
    fc.array(text, { minLength: 1, maxLength: 4 }),
    async (texts) =>
      !(await believes(new AcceptorHandshake(party('n2'), welcome), texts)) &&
      !(await believes(new DialerHandshake(party('n1'), 'n2'), texts)),
  );
  await t.resolves(Promise.resolve(fc.assert(property, { numRuns: 10_000 })));
});
