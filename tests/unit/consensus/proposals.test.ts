/** Histories led by hand: proposals that are refused, killed, forgotten; reads beside them. */
import t from 'tap';
import { both, either, is, kindOf, playScripts, type Script, seqOf, to } from './scripts.js';

const SCRIPTS: readonly Script[] = [
  {
    name: 'a comparison meets a delete of what only the proposer has ever held',
    play(s) {
      s.take('b');
      s.flow();
      s.plain('b', false);
      s.flow({ no: is('copy') });
      // Whoever has read it deletes it through others: their clocks have never seen the value.
      s.plain('a', true, s.record('b'), true);
      s.flow({ no: both(is('copy'), to('b')) });
      s.submit('b', 'compare', s.record('b'));
      s.flow();
    },
  },
  {
    name: 'a read finds the same versions at all that it asks',
    play(s) {
      s.take('a');
      s.flow();
      s.plain('b', false);
      s.flow({ no: is('copy') });
      s.read('b');
      s.flow({ no: to('c') });
      s.read('c');
      s.flow({ no: to('b') });
    },
  },
  {
    name: 'a read meets what the proposer has not met',
    play(s) {
      s.take('a');
      s.flow();
      s.plain('b', true);
      s.flow({ no: to('a') });
      s.read('b');
      s.flow();
    },
  },
  {
    name: 'a plain reader does not take one acceptance for chosen',
    play(s) {
      s.take('a');
      s.flow();
      s.plain('c', false);
      s.flow({ no: is('copy') });
      s.submit('a', 'compare');
      s.flow({ yes: is('accept'), no: is('accepted') });
      s.world.plain.read('x', () => undefined);
      s.flow({ yes: is('plain ask', 'plain report'), no: both(is('plain ask'), to('a')) });
      s.flow();
    },
  },
  {
    name: 'a read waits for what the proposer has in flight',
    play(s) {
      s.take('a');
      s.flow();
      s.submit('a', 'compare');
      s.flow({ yes: both(is('accept'), to('b')), no: to('c') });
      s.plain('c', true);
      s.flow({
        yes: (message) => message.to !== 'b' && kindOf(message) !== 'accepted',
        no: to('b'),
      });
      s.read('c');
      s.flow({ yes: is('ask', 'report'), no: to('b') });
      s.flow();
    },
  },
  {
    name: 'a mark stays while an owner may hold what was killed',
    play(s) {
      s.take('a');
      s.flow();
      s.plain('c', false);
      s.flow({ no: is('copy') });
      s.submit('a', 'compare');
      const laterAccept = (message: Parameters<typeof kindOf>[0]): boolean =>
        kindOf(message) === 'accept' && message.to === 'b' && seqOf(message) > 1;
      s.flow({
        no: either(
          (message) => kindOf(message) === 'accepted' && message.from === 'b',
          laterAccept,
          both(is('learn'), to('b')),
        ),
      });
      s.exchange();
      s.collect('a', 'b', 'c');
      s.take('c');
      s.flow({ no: to('a') });
      s.submit('c', 'read');
      s.flow({ no: to('a') });
    },
  },
  {
    name: 'what was learned is synced before it is answered',
    play(s) {
      s.take('a');
      s.flow();
      s.plain('c', false);
      s.flow({ no: is('copy') });
      s.submit('a', 'compare');
      s.flow({
        no: either(
          (message) => kindOf(message) === 'accepted' && message.from === 'b',
          (message) => kindOf(message) === 'accept' && message.to === 'b' && seqOf(message) > 1,
        ),
        yes: (message) => !(kindOf(message) === 'learn' && message.to === 'b'),
      });
      s.flow({ unsynced: 'b' });
      s.crash('b');
      s.take('c');
      s.flow({ no: to('a') });
      s.submit('c', 'read');
      s.flow({ no: to('a') });
    },
  },
  {
    name: 'what kills a proposal covers its dot',
    play(s) {
      s.take('a');
      s.flow();
      s.plain('c', false);
      s.flow({ no: is('copy') });
      s.submit('a', 'compare');
      const late = s.hold(to('b'));
      s.flow();
      s.plain('c', true, s.record('c'), true);
      s.flow();
      for (const node of s.world.nodes) node.sync();
      for (const node of s.world.nodes) node.persistClock();
      s.collect('a', 'b', 'c');
      s.later(late);
      s.flow({ no: to('a') });
      s.take('c');
      s.flow({ no: to('a') });
      s.submit('c', 'read');
      s.flow({ no: to('a') });
    },
  },
  {
    name: 'an acceptance of before a loss is not counted after it',
    play(s) {
      s.take('a');
      s.flow();
      s.submit('a', 'put');
      s.flow({ yes: is('accept'), no: to('b') });
      const late = s.hold(() => true);
      s.loseDisk('c');
      s.exchange();
      s.exchange();
      s.later(late);
      s.flow({ no: is('learn') });
      s.crash('a');
      s.take('c');
      s.flow({ no: to('a') });
      s.submit('c', 'read');
      s.flow({ no: to('a') });
    },
  },
  {
    name: 'the proposer votes last',
    play(s) {
      s.take('a');
      s.flow();
      s.plain('b', true);
      s.flow({ no: to('a') });
      s.submit('a', 'compare');
      s.flow({ no: either(is('uncovered'), to('c')) });
      s.crash('a');
      s.take('c');
      s.flow({ no: to('b') });
      s.submit('c', 'read');
      s.flow({ no: to('b') });
    },
  },
  {
    name: 'of five, one that accepts stands for a majority that had met no more',
    size: 5,
    play(s) {
      s.take('a');
      s.flow();
      s.plain('b', true);
      s.flow({ no: either(to('a'), to('e')) });
      s.submit('a', 'compare');
      s.flow({ no: either(to('b'), to('c'), to('d')) });
      s.crash('a');
      s.take('e');
      s.flow({ no: either(to('a'), to('b')) });
      s.submit('e', 'read');
      s.flow({ no: either(to('a'), to('b')) });
    },
  },
  {
    name: 'of five, one that refuses does not decide again what others may have chosen',
    size: 5,
    play(s) {
      s.take('a');
      s.flow();
      s.plain('e', false);
      s.flow({ no: is('copy') });
      s.submit('a', 'compare');
      s.flow({ yes: is('check', 'covered'), no: both(is('check'), to('e')) });
      s.flow({ yes: is('accept') });
      const late = s.hold(is('accepted'));
      s.world.plain.read('x', () => undefined);
      s.flow({ yes: is('plain ask', 'plain report'), no: both(is('plain ask'), to('a', 'e')) });
      s.flow();
      s.later(late);
      s.flow();
    },
  },
];

t.test('proposals and reads', (t) => playScripts(t, SCRIPTS));
