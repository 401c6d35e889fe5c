/** In which order nodes are asked: zones, and what is remembered of those that did not answer. */
import t from 'tap';
import { Endpoints } from '../../../lib/client/endpoints.js';

const SECOND = 1000;

t.test(
  'who missed an answer is asked last, for longer each time, and then as before',
  async (t) => {
    const endpoints = new Endpoints(['a', 'b', 'c']);
    t.strictSame(endpoints.inOrder(0), ['a', 'b', 'c']);
    endpoints.missed('a', 0);
    endpoints.missed('b', 1);
    t.strictSame(endpoints.inOrder(2), ['c', 'a', 'b'], 'the oldest first');
    t.strictSame(endpoints.inOrder(6 * SECOND), ['a', 'b', 'c'], 'tried again');
    endpoints.missed('a', 6 * SECOND);
    t.strictSame(endpoints.inOrder(12 * SECOND), ['b', 'c', 'a'], 'ten seconds the second time');
    t.strictSame(endpoints.inOrder(17 * SECOND), ['a', 'b', 'c']);
    for (let i = 0; i < 10; i += 1) endpoints.missed('a', 20 * SECOND);
    t.strictSame(endpoints.inOrder(79 * SECOND), ['b', 'c', 'a']);
    t.strictSame(endpoints.inOrder(81 * SECOND), ['a', 'b', 'c'], 'a minute at most');
    endpoints.answered('a', 82 * SECOND);
    endpoints.missed('a', 82 * SECOND);
    t.strictSame(endpoints.inOrder(88 * SECOND), ['a', 'b', 'c'], 'an answer makes up for all');
  },
);

t.test('an answer vouches for ten seconds, a missing one ends that', async (t) => {
  const endpoints = new Endpoints(['a']);
  t.notOk(endpoints.isKnown('a', 0));
  endpoints.answered('a', 0);
  t.ok(endpoints.isKnown('a', 10 * SECOND));
  t.notOk(endpoints.isKnown('a', 10 * SECOND + 1));
  endpoints.answered('a', 20 * SECOND);
  endpoints.missed('a', 20 * SECOND);
  t.notOk(endpoints.isKnown('a', 20 * SECOND));
});

t.test('who is slower than another three times in a row counts as silent', async (t) => {
  const endpoints = new Endpoints(['a', 'b']);
  for (let i = 0; i < 2; i += 1) endpoints.lost('a', 0);
  t.strictSame(endpoints.inOrder(1), ['a', 'b']);
  endpoints.answered('a', 1);
  for (let i = 0; i < 2; i += 1) endpoints.lost('a', 2);
  t.strictSame(endpoints.inOrder(3), ['a', 'b'], 'not in a row');
  endpoints.lost('a', 3);
  t.strictSame(endpoints.inOrder(4), ['b', 'a']);
});

t.test('what was learnt comes behind, but for the own zone', async (t) => {
  const endpoints = new Endpoints(['a', 'b'], 'west');
  const node = (address: string, zone: string) => ({ id: `of ${address}`, address, zone });
  endpoints.learn([node('a', 'east'), node('b', 'west'), node('c', 'east'), node('d', 'west')]);
  t.strictSame(endpoints.inOrder(0), ['b', 'd', 'a', 'c']);
  endpoints.missed('b', 0);
  t.strictSame(endpoints.inOrder(1), ['d', 'a', 'c', 'b'], 'a dead one is last in any zone');
  endpoints.learn([node('d', 'west')]);
  t.strictSame(endpoints.inOrder(1), ['d', 'a', 'b'], 'who is gone is forgotten');
  const anywhere = new Endpoints(['a']);
  anywhere.learn([node('c', 'east'), node('a', 'west')]);
  t.strictSame(anywhere.inOrder(0), ['a', 'c']);
});

t.test(
  'owners of the key come first: in their order, in each zone, where they answer',
  async (t) => {
    const nodes = ['a', 'b', 'c', 'd'].map((address) => {
      return { id: `of ${address}`, address, zone: 'ab'.includes(address) ? 'east' : 'west' };
    });
    const owners = ['of d', 'of b', 'of c'];
    const anywhere = new Endpoints(['a', 'b']);
    t.strictSame(anywhere.inOrder(0, owners), ['a', 'b'], 'nobody has said who is who');
    anywhere.learn(nodes);
    t.strictSame(anywhere.inOrder(0, owners), ['d', 'b', 'c', 'a']);
    t.strictSame(anywhere.inOrder(0), ['a', 'b', 'c', 'd'], 'of no key: as they were');
    anywhere.missed('d', 0);
    t.strictSame(anywhere.inOrder(1, owners), ['b', 'c', 'a', 'd']);
    const western = new Endpoints(['a'], 'west');
    western.learn(nodes);
    t.strictSame(western.inOrder(0, owners), ['d', 'c', 'b', 'a'], 'its own zone before all');
  },
);
