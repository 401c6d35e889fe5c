/** What goes to and fro before a link opens, and what clients carry between requests. */
import { ListCursors } from '../../../lib/coordination/list/list-cursor.js';
import { AcceptorHandshake, DialerHandshake } from '../../../lib/platform/peer-handshake.js';
import { ContextSeal } from '../../../lib/versioning/causal-context.js';
import { dotSetOf } from '../../../lib/versioning/dot-set.js';
import { SessionSeal } from '../../../lib/versioning/session-seal.js';
import { party, shakeHands } from '../platform/handshakes.js';

const SECRET = new Uint8Array(32).fill(7);
const WRITER = 'n1.3.0123456789ab';
const clusterId = (): string => '00112233445566778899aabbccddeeff';

/** The five texts of a handshake, and those of one that is refused. */
export async function handshakeBytes(): Promise<Map<string, Uint8Array>> {
  const bytes = new Map<string, Uint8Array>();
  const detail = 'n2:1 (seen at 192.0.2.7)';
  const refusal = async () => ({ kind: 'second', detail }) as const;
  for (const [name, changes] of [
    ['handshake', {}],
    ['refused handshake', { judge: refusal }],
  ] as const) {
    // The versions are no part of the format.
    const shared = { versions: { min: 1, max: 1 } };
    const [one, two] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const dialer = new DialerHandshake(party('n1', { ...shared, nonce: one }), 'n2');
    const acceptor = party('n2', { ...shared, ...changes, nonce: two });
    const { texts } = await shakeHands(dialer, new AcceptorHandshake(acceptor, () => undefined));
    for (const [i, text] of texts.entries()) bytes.set(`${name} ${i}`, Buffer.from(text));
  }
  return bytes;
}

/** Sealed texts: a build must open what the one before it has handed out. */
export function carriedBytes(): Map<string, Uint8Array> {
  const seen = { vector: new Map([[WRITER, 4]]), beyond: [{ writer: WRITER, n: 7 }], stamp: 9 };
  const dots = dotSetOf([{ writer: WRITER, n: 4 }]);
  const floor = { dots, flag: 'majority', one: true, mark: 2 } as const;
  const token = { epoch: 1, floors: new Map([[3, floor]]) };
  const list = { namespace: 'default', prefix: 'a' };
  const texts = {
    context: new ContextSeal(SECRET, clusterId).seal('default', 'k', 1, seen),
    'session token': new SessionSeal(SECRET, clusterId).seal(token),
    'cursor of a list': new ListCursors(SECRET, clusterId).seal(list, 'after'),
  };
  return new Map(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)]));
}
