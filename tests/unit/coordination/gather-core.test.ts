/** The course of a gathering: golden transcripts, and laws over any order of answers. */
import fc from 'fast-check';
import t from 'tap';
import { GatherCore, type GatherEffect } from '../../../lib/coordination/engine/gather-core.js';
import { assert } from '../../../lib/errors.js';
import { given, type Player, playAll } from './transcript.js';

type Said = { readonly node: string; readonly word: string };

function coreOf(head: string) {
  const { plan, attempts } = given(head);
  const [attempt] = attempts;
  assert(attempt !== undefined, 'a head names a level');
  const { quorum } = attempt;
  const options = { plan, quorum, graceMilliseconds: 50, timeoutMilliseconds: 1000 };
  return { core: new GatherCore<Said>(options), quorum };
}

function textOfEffect(effect: GatherEffect<Said>): string {
  switch (effect.do) {
    case 'ask':
      return `ask ${effect.node}`;
    case 'answer':
      return `answer ${effect.replies.map(({ node, word }) => `${node}:${word}`).join(' ')}`;
    case 'refuse':
      return effect.isLate ? 'refuse: too late' : 'refuse: too few';
  }
}

/** The events of a script, given to a core. */
function playerOf(head: string): Player {
  const { core } = coreOf(head);
  const done: Record<string, (words: readonly string[]) => readonly GatherEffect<Said>[]> = {
    begin: () => core.begin(),
    said: ([node = '', word = '']) => core.said(node, { node, word }),
    failed: ([node = '']) => core.failed(node),
    // > at MILLISECONDS: time has passed
    at: ([milliseconds = '']) => {
      core.now = Number(milliseconds);
      return core.now >= core.wakesAt ? core.elapsed() : [];
    },
  };
  return ([event = '', ...words]) => {
    const said = (core.isDone ? [] : (done[event]?.(words) ?? [])).map(textOfEffect);
    return core.isDone ? [...said, 'done'] : said;
  };
}

t.test('golden transcripts', async (t) => {
  playAll(t, 'gather', playerOf);
});

const NODES = ['a', 'b', 'c', 'd'];

interface Event {
  readonly which: number;
  readonly isGranted: boolean;
  readonly pause: number;
}

/** Who is asked answers or fails in an order that chance gives, or is silent to the end. */
function run(head: string, events: readonly Event[]) {
  const { core, quorum } = coreOf(head);
  const effects = [...core.begin()];
  const asked = effects.flatMap((effect) => (effect.do === 'ask' ? [effect.node] : []));
  const open = [...asked];
  const granted: string[] = [];
  for (const { which, isGranted, pause } of events) {
    core.now = Math.min(999, core.now + pause);
    if (!core.isDone && core.now >= core.wakesAt) effects.push(...core.elapsed());
    if (core.isDone) break;
    const [node = ''] = open.splice(which % open.length, 1);
    if (isGranted) granted.push(node);
    effects.push(...(isGranted ? core.said(node, { node, word: '' }) : core.failed(node)));
  }
  core.now = 1000;
  if (!core.isDone) effects.push(...core.elapsed());
  return { core, asked, granted, ends: effects.filter((effect) => effect.do !== 'ask'), quorum };
}

t.test('it ends once, by the deadline, with what all have said by then, or too few', async () => {
  const event = fc.record({ which: fc.nat(3), isGranted: fc.boolean(), pause: fc.nat(300) });
  const runs = fc.tuple(
    fc.constantFrom('one', 'two', 'quorum', 'all'),
    fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    fc.array(event, { maxLength: 12 }),
  );
  const law = fc.property(runs, ([level, ups, events]) => {
    const names = NODES.map((node, i) => `${node}${ups[i] === true ? '' : '!'}`);
    const { core, asked, granted, ends, quorum } = run(`${names.join(' ')} at ${level}`, events);
    const [end] = ends;
    const said = end?.do === 'answer' ? end.replies.map(({ node }) => node) : undefined;
    const isRight = quorum.isPossibleFor(granted)
      ? said?.join() === granted.join()
      : end?.do === 'refuse';
    const isAsked = asked.join() === NODES.filter((_, i) => ups[i] === true).join();
    return ends.length === 1 && core.isDone && isRight && isAsked;
  });
  fc.assert(law, { numRuns: 5000 });
});
