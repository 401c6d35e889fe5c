/** One rule for the ids of nodes: in settings, in versions, and in what peers say of themselves. */
import fc from 'fast-check';
import t from 'tap';
import { foundersSchema } from '../../../config/addresses.js';
import { checkSetting } from '../../../config/kinds.js';
import { nodeGroup } from '../../../config/groups/node.js';
import { AcceptorHandshake } from '../../../lib/platform/peer-handshake.js';
import { PROTOCOL_VERSIONS } from '../../../lib/platform/peer-protocol.js';
import { isNodeId } from '../../../lib/versioning/writer.js';
import { party } from './handshakes.js';

function introduces(id: string, side: 'from' | 'to'): boolean {
  const seen: string[] = [];
  const acceptor = new AcceptorHandshake(party('n1'), (peer) => {
    seen.push(peer);
    return undefined;
  });
  const hello = {
    versions: [PROTOCOL_VERSIONS.min, PROTOCOL_VERSIONS.max],
    cluster: 'test',
    from: 'n2',
    to: 'n1',
    nonce: '00'.repeat(32),
  };
  try {
    const body = JSON.stringify({ ...hello, [side]: id });
    void acceptor.receive(JSON.stringify({ body }));
  } catch (error) {
    if (side === 'to') return !/^not a handshake$/.test((error as Error).message);
  }
  return side === 'to' || seen.includes(id);
}

t.test('settings, versions and handshakes agree on what an id is', async (t) => {
  const odd = ['é'.repeat(100), 'n1\n', ' n1', 'N1', 'n_1', '', '-n', 'n'.repeat(64), 'n\u0000'];
  const good = ['n1', '0', 'a-b-', 'n'.repeat(63)];
  const same = (id: string): boolean => {
    const expected = isNodeId(id);
    const founders = foundersSchema.safeParse([{ id, address: 'h:1' }]).success;
    const setting = id !== '' && 'value' in checkSetting(nodeGroup.id, id);
    const said = introduces(id, 'from') && introduces(id, 'to');
    return [founders, setting, said].every((one) => one === expected);
  };
  t.ok(good.every((id) => isNodeId(id) && same(id)));
  t.ok(odd.every((id) => !isNodeId(id) && same(id)));
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-z0-9-]{0,70}$/));
  t.doesNotThrow(() => fc.assert(fc.property(text, same), { numRuns: 2_000 }));
});
