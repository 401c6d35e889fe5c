/** A peer that is known by a name, and moves: each call asks anew where the name leads. */
import type { LookupFunction } from 'node:net';
import t from 'tap';
import { Inbox } from '../../conformance/inbox.js';
import { HOST, SocketNetwork } from '../../conformance/socket-network.js';

/** The lookup of this test says where it is; the system knows it too, and asks nobody. */
const NAME = 'localhost';
/** Another address of this machine. */
const ELSEWHERE = process.platform === 'linux' ? '127.78.0.1' : '::1';

class Names {
  address = HOST;
  /** What was asked, and what was answered. */
  readonly answers: [name: string, address: string][] = [];

  readonly lookup: LookupFunction = (name, options, answer) => {
    const { address } = this;
    this.answers.push([name, address]);
    const family = address.includes(':') ? 6 : 4;
    if (options.all === true) answer(null, [{ address, family }]);
    else answer(null, address, family);
  };
}

t.test('a name that leads elsewhere at the next call is followed', async (t) => {
  const network = await SocketNetwork.make(['n1', 'n2']);
  t.teardown(() => network.close());
  const names = new Names();
  const port = network.portOf('n2');
  const start = async (host: string) => {
    const two = network.create('n2', { listen: { host, port } });
    // It lets n1 in, and does not know where that is: n1 has to find it.
    two.setPeers([{ id: 'n1', addresses: [] }]);
    await two.start(new Inbox());
    return two;
  };
  const inbox = new Inbox();
  const one = network.create('n1', { lookup: names.lookup });
  one.setPeers([{ id: 'n2', addresses: [`${NAME}:${port}`] }]);
  const first = await start(HOST);
  await one.start(inbox);
  await network.until(() => one.isOpen('n2'), 'linked where the name leads first');
  await first.stop();
  await network.until(() => !one.isOpen('n2'), 'the link is gone');

  const second = await start(ELSEWHERE);
  const asked = names.answers.length;
  await network.until(() => names.answers.length > asked + 1, 'calls to the old address');
  t.notOk(one.isOpen('n2'), 'nobody is there any more');
  names.address = ELSEWHERE;
  await network.until(() => one.isOpen('n2'), 'linked where the name leads now');
  t.strictSame(names.answers.at(-1), [NAME, ELSEWHERE]);
  t.strictSame(inbox.events, ['+n2', '-n2', '+n2']);
  await second.stop();
  await network.until(() => !one.isOpen('n2'), 'the link is gone again');

  await start(HOST);
  names.address = HOST;
  await network.until(() => one.isOpen('n2'), 'and back, though it had been linked elsewhere');
  t.strictSame(names.answers.at(-1), [NAME, HOST]);
});
