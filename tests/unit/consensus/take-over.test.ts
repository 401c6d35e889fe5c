/** Histories led by hand: what a new proposer must find, and what stays where. */
import t from 'tap';
import {
  both,
  either,
  is,
  kindOf,
  playScripts,
  type Script,
  seqOf,
  type Stage,
  to,
} from './scripts.js';

const SCRIPTS: readonly Script[] = [
  {
    name: 'what one owner accepted and one learned reaches the third, as a mark',
    play(s) {
      s.take('b');
      s.flow();
      s.submit('b', 'put');
      s.flow({ no: either(both(is('accept'), to('a')), is('learn', 'forget')) });
      // What it has learned is on its disk.
      s.node('b').sync();
      s.crash('b');
      s.take('a');
      s.flow({ no: to('c') });
      s.submit('a', 'compare');
      s.flow({ no: to('b') });
    },
  },
  {
    name: 'an activation brings the record of a key that is learned by one owner only',
    play(s) {
      s.take('b');
      s.flow();
      s.submit('b', 'put');
      s.flow({ no: either(to('a'), is('forget')) });
      // LEARN comes to c; b has learned it, too, but not on its disk.
      s.learnElsewhere('b');
      s.flow({ no: either(to('a'), is('forget')), unsynced: 'b' });
      s.crash('b');
      s.take('c');
      s.flow();
      s.take('a');
      s.flow({ no: to('c') });
      s.submit('a', 'read');
      s.flow({ no: to('c') });
    },
  },
  {
    name: 'an activation brings it also where the third has only an older acceptance',
    play(s) {
      s.take('c');
      s.flow();
      s.submit('c', 'put');
      s.flow({ no: either(to('a'), is('learn')) });
      s.node('c').sync();
      s.take('c');
      s.flow({ no: to('b') });
      s.crash('c');
      s.take('a');
      s.flow({ no: to('c') });
      s.submit('a', 'read');
      s.flow({ no: to('c') });
    },
  },
  {
    name: 'a late copy of an activation replaces nothing',
    play(s) {
      s.take('a');
      s.flow();
      s.submit('a', 'put');
      s.flow({ no: (message) => message.to !== 'b' });
      s.take('a');
      const late: Parameters<Stage['later']>[0][number][] = [];
      s.flow({
        yes: (message) => {
          if (both(is('activate'), to('b'))(message)) late.push({ ...message });
          return true;
        },
        no: either(is('learn'), (message) => message.to === 'c' && kindOf(message) !== 'prepare'),
      });
      s.submit('a', 'put');
      s.flow({ no: either(to('c'), is('learn')) });
      s.later(late);
      s.flow({ no: to('c') });
      s.take('c');
      s.flow({ no: to('a') });
      s.submit('c', 'read');
      s.flow({ no: to('a') });
    },
  },
  {
    name: 'the own vote is no part of the record',
    play(s) {
      s.take('a');
      s.flow();
      s.submit('a', 'put');
      s.flow({ yes: either(to('b'), is('accepted')), no: to('c'), unsynced: 'a' });
      const record = s.record('a');
      s.crash('a');
      s.hold(() => true);
      s.take('a');
      s.flow({ no: to('b') });
      s.submit('a', 'compare');
      s.flow({ no: to('b') });
      if (record !== undefined) {
        s.world.send(s.node('a'), 'c', { is: 'copy', key: 'x', state: record });
      }
      s.flow({ no: to('b') });
      s.submit('a', 'read');
      s.flow();
    },
  },
  {
    name: 'a value that has ended for an acceptor is not proposed as one',
    play(s) {
      const value = s.plain('b', true);
      s.flow();
      s.take('b');
      s.flow();
      if (value !== undefined) s.expire(value, 'b', 'c');
      s.read('b');
      s.flow({ no: to('a') });
      s.take('a');
      s.flow({ no: to('b') });
      s.submit('a', 'read');
      s.flow({ no: to('b') });
    },
  },
  {
    name: 'what was decided on a value is refused where that was collected',
    play(s) {
      s.take('b');
      s.flow();
      s.plain('b', true);
      s.flow();
      s.plain('a', true, s.record('a'), true);
      s.flow({ no: both(is('copy'), to('b')) });
      s.submit('b', 'compare', s.record('b'));
      const late = s.hold(() => true).filter(to('c'));
      const deleted = s.record('a');
      if (deleted !== undefined) s.node('b').merge('x', deleted);
      s.knowAll();
      s.collect('a', 'b', 'c');
      s.later(late);
      s.flow({ no: to('a') });
    },
  },
  {
    name: 'what was chosen and is learned by nobody is adopted',
    play(s) {
      s.take('a');
      s.flow();
      s.submit('a', 'put');
      s.flow({ no: is('learn', 'forget') });
      s.crash('a');
      s.take('c');
      s.flow({ no: to('a') });
      s.submit('c', 'read');
      s.flow({ no: to('a') });
    },
  },
  {
    name: 'a rebuild takes what was accepted from all others',
    play(s) {
      s.take('a');
      s.flow();
      s.submit('a', 'put');
      s.flow({ no: is('learn', 'forget'), unsynced: 'a' });
      s.crash('a');
      s.loseDisk('c');
      s.exchange();
      s.take('a');
      s.flow({ no: to('b') });
      s.submit('a', 'read');
      s.flow({ no: to('b') });
    },
  },
  {
    name: 'a promise is synced before it is answered',
    play(s) {
      s.take('a');
      s.flow();
      s.take('b');
      s.node('b').sync();
      s.flow({ yes: both(is('prepare'), to('c')), no: to('a'), unsynced: 'c' });
      s.flow({ yes: is('promised'), unsynced: 'c' });
      s.crash('c');
      const late = s.hold(() => true).filter(both(is('activate'), to('c')));
      s.submit('a', 'put');
      s.flow({ no: either(to('b'), is('learn')) });
      s.later(late);
      s.flow({ no: to('a') });
      s.submit('b', 'compare');
      s.flow({ no: to('a') });
    },
  },
  {
    name: 'a proposer that does not know that it was deposed serves no reads',
    play(s) {
      s.take('a');
      s.flow();
      s.take('b');
      s.flow({ no: to('a') });
      s.submit('b', 'put');
      s.flow({ no: either(to('a'), is('learn')) });
      s.read('a');
      s.flow({ no: to('b') });
    },
  },
  {
    name: 'a reader is not shown by an acceptance what was deleted and collected',
    play(s) {
      s.take('c');
      s.flow();
      s.submit('c', 'put');
      s.flow({ no: both(is('learn'), to('a')) });
      s.plain('b', true, s.record('b'), true);
      s.flow();
      s.knowAll();
      s.collect('b', 'c');
      s.take('b');
      s.flow({ no: is('learn', 'forget ballot') });
      s.crash('b');
      s.world.plain.read('x', () => undefined);
      s.flow({ no: both(is('plain ask'), to('a')) });
      s.world.plain.read('x', () => undefined);
      s.flow({ no: both(is('plain ask'), to('c')) });
    },
  },
  {
    name: 'a refusal is final: what was sent to an earlier start is dropped',
    play(s) {
      s.take('a');
      s.flow();
      s.plain('c', false);
      s.flow({ no: is('copy'), unsynced: 'c' });
      s.submit('a', 'compare');
      const late = s.world.messages.filter(both(is('accept'), to('c')));
      s.flow({ no: is('accepted'), yes: (message) => seqOf(message) === 1, unsynced: 'c' });
      const rest = s.hold(() => true);
      s.world.plain.read('x', () => undefined);
      const ask = s.hold(both(is('plain ask'), to('c')));
      s.hold(both(is('plain ask'), to('a')));
      s.flow({ unsynced: 'c' });
      s.later(rest);
      s.flow({ no: either(to('c'), is('learn')), unsynced: 'c' });
      s.crash('c');
      s.later([...late, ...ask]);
      s.flow({ no: is('learn') });
    },
  },
];

t.test('take-overs, promises, rebuilds', (t) => playScripts(t, SCRIPTS));
