/** Ten thousand strangers at the peer port, over real sockets: no node ends, members get in. */
import t from 'tap';
import { HOST, SocketNetwork } from '../conformance/socket-network.js';
import { Inbox } from '../conformance/inbox.js';
import { Chance } from './chance.js';
import { playStranger } from './stranger.js';
import { strangerScript } from './stranger-scripts.js';

/** HOSTILE_INPUTS=1000000 for the long run; HOSTILE_SEED for another. */
const INPUTS = Number(process.env['HOSTILE_INPUTS'] ?? 10_000);
const SEED = Number(process.env['HOSTILE_SEED'] ?? 1);
const AT_ONCE = 48;
const ROUND = 1_000;
const SEEDS_APART = 10_000_019;

if (INPUTS > 10_000) t.setTimeout(0);

t.test(`${String(INPUTS)} strangers from seed ${String(SEED)}`, async (t) => {
  const network = await SocketNetwork.make(['n1', 'n2']);
  const one = network.create('n1', { reconnectDelayMinMilliseconds: 1 });
  const two = network.create('n2');
  const inbox = new Inbox();
  network.connect(one, ['n2']);
  network.connect(two, ['n1']);
  await two.start(inbox);
  await one.start(new Inbox());
  await network.until(() => one.isOpen('n2') && two.isOpen('n1'), 'linked');

  const place = { host: HOST, port: network.portOf('n2') };
  for (let played = 0; played < INPUTS; played += ROUND) {
    let next = played;
    const stranger = async (): Promise<void> => {
      while (next < Math.min(played + ROUND, INPUTS)) {
        // Of its own seed, so that one can be played again alone.
        const chance = new Chance(SEED * SEEDS_APART + next);
        next += 1;
        await playStranger(place, strangerScript(chance));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, stranger));
    if (!one.isOpen('n2') || !two.isOpen('n1')) t.fail(`the link was lost before ${played}`);
    one.drop('n2');
    await network.until(() => one.isOpen('n2') && two.isOpen('n1'), `in again at ${played}`);
  }
  const heard = inbox.messages.length;
  one.send('n2', ['still here']);
  await network.until(() => inbox.messages.length > heard, 'the member is heard');
  t.equal(heard, 0, 'no stranger was');
  t.equal(network.observer.countOf('quorate_listener_failures_total'), 0, 'nothing threw');
  t.ok(network.observer.countOf('quorate_peer_refusals_total') > 0);
  const texts = network.observer.lines.map(({ fields }) => String(fields['reason'] ?? ''));
  t.ok(
    texts.every((text) => text.length < 124),
    'no reason is of the strangers’ making',
  );
  await network.close();
});
