/** Which of two lives of an id must end (M6). */
import t from 'tap';
import type { LinkFacts } from '../../../lib/environment/transport.js';
import type { Sighting } from '../../../lib/membership/messages.js';
import { SecondLives } from '../../../lib/membership/second-lives.js';

function factsOf(life: string, ran: number): LinkFacts {
  const said = { cluster: 'c', ring: 'r', life, ran, address: `${life}:1` };
  return { ...said, remote: life, called: false, version: 1 };
}

/** At 100 s `one`, which has run for so long, is linked; and answers until now, at 160 s. */
function linked(one: string, ran: number): SecondLives {
  const lives = new SecondLives();
  lives.opened('n1', factsOf(one, ran), 100_000);
  lives.noteAlive('n1', 160_000);
  return lives;
}

/** Another member tells at 160 s of `life`, which has run for so long and is alive. */
function reported(lives: SecondLives, life: string, ran: number, aliveAgo = 0) {
  const sighting: Sighting = ['n1', life, 'elsewhere:1', aliveAgo, ran];
  return lives.compare(sighting, 159_990, 160_000);
}

t.test('who knocks later is the second, whatever the wall clocks said at the starts', (t) => {
  for (const life of ['a earlier', 'z later']) {
    const lives = linked('m', 0);
    const newcomer = lives.heard('n1', factsOf(life, 20), 160_000);
    t.ok(lives.isSecond('n1', newcomer), life);
    t.equal(reported(lives, life, 20), undefined, 'members decide alike: this link stays');
  }
  t.end();
});

t.test('who has run for longer is not the second, where another life has its place', (t) => {
  for (const life of ['a earlier', 'z later']) {
    const lives = linked('m', 0);
    const elder = lives.heard('n1', factsOf(life, 600_000), 160_000);
    t.notOk(lives.isSecond('n1', elder), life);
    t.match(
      reported(lives, life, 600_000),
      { life: 'm', first: 'elsewhere:1' },
      'but the other is',
    );
    t.equal(lives.firstOf('n1', 'm'), 'elsewhere:1');
  }
  t.end();
});

t.test('where both began at about the same time, the starts by their clocks decide', (t) => {
  const lives = linked('m', 1000);
  const close = 61_000;
  t.ok(lives.isSecond('n1', lives.heard('n1', factsOf('z later', close), 160_000)));
  t.notOk(lives.isSecond('n1', lives.heard('n1', factsOf('a earlier', close), 160_000)));
  t.equal(reported(lives, 'z later', close), undefined);
  t.match(reported(lives, 'a earlier', close), { life: 'm' });
  t.end();
});

t.test('what a life said first counts: it was the least that it had run for', (t) => {
  const lives = new SecondLives();
  lives.opened('n1', factsOf('m', 0), 100_000);
  lives.closed('n1');
  lives.opened('n1', factsOf('m', 10), 150_000);
  lives.noteAlive('n1', 160_000);
  t.match(lives.sightings(160_000), [['n1', 'm', 'm:1', 0, 60_000]]);
  t.ok(lives.isSecond('n1', lives.heard('n1', factsOf('a earlier', 20_000), 160_000)));
  t.end();
});

t.test('a life of before is no second node, whichever member still believes in it', (t) => {
  const [before, after] = [linked('a before', 0), new SecondLives()];
  after.opened('n1', factsOf('b after', 20), 160_000);
  t.equal(reported(before, 'b after', 0), undefined, 'it has not answered since the other began');
  t.equal(after.compare(['n1', 'a before', 'x:1', 500, 60_000], 160_400, 160_500), undefined);
  t.equal(after.firstOf('n1', 'b after'), undefined);
  t.end();
});
