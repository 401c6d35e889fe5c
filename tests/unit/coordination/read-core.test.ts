/** The course of a read: golden transcripts, and laws over any order of answers. */
import fc from 'fast-check';
import t from 'tap';
import { ReadCore } from '../../../lib/coordination/read/read-core.js';
import type { ReadEffect } from '../../../lib/coordination/read/read-effects.js';
import type { Want } from '../../../lib/rpc/hot-messages.js';
import type { Fate } from '../../../lib/replica/incoming.js';
import { ALL_STAND } from '../../../lib/replication/quorum.js';
import { liveVersions, type Siblings } from '../../../lib/versioning/siblings.js';
import {
  copyOf,
  errorText,
  floorIn,
  given,
  type Player,
  playAll,
  stateOf,
  textOf,
} from './transcript.js';

const HELD = { start: 1, fate: undefined };

const isMiss = (merged: Siblings | undefined): boolean => liveVersions(merged, 0).length === 0;

function coreOf(head: string, standing = ALL_STAND): ReadCore {
  const { plan, attempts, flags } = given(head);
  const floor = floorIn(flags);
  return new ReadCore({
    ...{ plan, attempts, isMiss, timeoutMilliseconds: 1000 },
    patience: () => 50,
    awaitsRepair: flags.has('await'),
    standing,
    session: floor && { floor, markNow: () => (flags.has('lost') ? 1 : 0) },
  });
}

function textOfEffect(effect: ReadEffect): string {
  switch (effect.do) {
    case 'ask': {
      const least = effect.atLeast === 'held' ? '' : `, ${effect.atLeast}`;
      return `ask ${effect.node}: ${effect.want}${least} (round ${effect.round})`;
    }
    case 'repair':
      return `repair ${effect.node} with ${textOf(effect.merged)} (repair ${effect.repair})`;
    case 'repair failed':
      return `repair of ${effect.node} failed`;
    case 'ask stand-in':
      return `ask stand-in ${effect.node}`;
    case 'count begun anew':
      return 'begin anew';
    case 'count hedges':
      return `hedge ${effect.count}`;
    case 'answer': {
      const { merged, level, answered, asked, standIns, widened, atMajority } = effect.got;
      const others = standIns > 0 ? `, stand-ins ${standIns}` : '';
      const session = `${widened ? ', widened' : ''}${atMajority ? ', at a majority' : ''}`;
      return `answer ${textOf(merged)} at ${level}, ${answered}/${asked}${others}${session}`;
    }
    case 'refuse':
      return `refuse: ${errorText(effect.error)}`;
  }
}

/** The events of a script, given to a core. */
function playerOf(head: string): Player {
  const core = coreOf(head);
  const wants = new Map<string, Want>();
  const done: Record<string, (words: readonly string[]) => readonly ReadEffect[]> = {
    begin: () => core.begin(),
    // > said ROUND NODE STATE [MISSING]
    said: ([round = '', node = '', text = '', missing]) => {
      const want = wants.get(`${round} ${node}`) ?? 'full';
      return core.said(Number(round), copyOf(node, want, text, missing));
    },
    failed: ([round = '', node = '']) => core.failed(Number(round), node),
    held: ([repair = '', node = '']) => core.repaired(Number(repair), node, HELD),
    'not-held': ([repair = '', node = '']) => core.repaired(Number(repair), node, undefined),
    // > dropped REPAIR NODE collected|ended
    dropped: ([repair = '', node = '', fate = '']) =>
      core.repaired(Number(repair), node, { start: 1, fate: fate as Fate }),
    'stand-in': ([node = '', text = '']) => core.standInSaid(node, stateOf(text)),
    // > at MILLISECONDS: time has passed
    at: ([milliseconds = '']) => {
      core.now = Number(milliseconds);
      return core.now >= core.wakesAt ? core.elapsed() : [];
    },
  };
  return ([event = '', ...words]) => {
    const effects = done[event]?.(words) ?? [];
    for (const effect of effects) {
      if (effect.do === 'ask') wants.set(`${effect.round} ${effect.node}`, effect.want);
    }
    const said = effects.map(textOfEffect);
    return core.isDone ? [...said, 'done'] : said;
  };
}

t.test('golden transcripts', async (t) => {
  playAll(t, 'read', playerOf);
});

t.test('a miss whose answers count no more claims no level', async (t) => {
  let lost = false;
  const core = coreOf('a b c at one', { stands: () => !lost, struck: () => undefined });
  const asked = (effects: readonly ReadEffect[]): string[] =>
    effects.flatMap((effect) => (effect.do === 'ask' ? [effect.node] : []));
  t.same(asked(core.begin()), ['a']);
  t.same(asked(core.said(0, copyOf('a', 'full', '-'))), ['b', 'c']);
  core.said(0, copyOf('b', 'fingerprint', 'x1!'));
  t.same(asked(core.said(0, copyOf('c', 'fingerprint', 'z1!'))), ['a', 'b', 'c'], 'in full');
  // All three have reported meanwhile that what they said is void.
  lost = true;
  core.said(1, copyOf('a', 'full', '-'));
  core.said(1, copyOf('b', 'full', 'x1!'));
  const last = core.said(1, copyOf('c', 'full', 'z1!')).map(textOfEffect);
  t.match(last, [/^refuse: level_not_reached/]);
});

t.test('an answer that waits for repairs is refused in the end, whatever was lost', async (t) => {
  const lost = new Set<string>();
  const standing = { stands: (node: string) => !lost.has(node), struck: () => undefined };
  const core = coreOf('a b c d e at all,quorum await', standing);
  core.begin();
  core.said(0, copyOf('a', 'full', 'x1+y1'));
  for (const node of ['b', 'c', 'd']) core.said(0, copyOf(node, 'full', 'x1'));
  // The share of `all` is over: `quorum` goes on with what is there, and e is not written to.
  while (core.stage === 'asking') {
    core.now = core.wakesAt;
    core.elapsed();
  }
  core.repaired(0, 'b', HELD);
  core.repaired(0, 'c', HELD);
  t.equal(core.stage, 'awaiting the repair');
  lost.add('b');
  core.now = 1000;
  t.match(core.elapsed().map(textOfEffect).at(-1), /^refuse: deadline_passed \(none\)/);
  t.ok(core.isDone);
});

const NODES = ['a', 'b', 'c'];
const LEVELS = ['one', 'two', 'quorum', 'all', 'eventual', 'quorum,one', 'all,quorum,one'];
const STATES = ['-', 'x1', 'x1+y1', 'y1', 'z1!'];

interface Run {
  readonly head: string;
  readonly effects: ReadEffect[];
  readonly core: ReadCore;
  readonly said: Map<string, string>;
}

/** Answers what is asked in an order that chance gives, or not at all, until the deadline. */
function run(head: string, holds: readonly string[], choices: readonly number[]): Run {
  const core = coreOf(head);
  const effects: ReadEffect[] = [];
  const said = new Map<string, string>();
  let open: (() => readonly ReadEffect[])[] = [];
  const take = (more: readonly ReadEffect[]): void => {
    for (const effect of more) {
      effects.push(effect);
      if (effect.do === 'ask') {
        const { node, round, want } = effect;
        const text = holds[NODES.indexOf(node)] ?? '-';
        open.push(() => {
          said.set(node, text);
          return core.said(round, copyOf(node, want, text));
        });
      } else if (effect.do === 'repair') {
        open.push(() => core.repaired(effect.repair, effect.node, HELD));
      }
    }
  };
  take(core.begin());
  for (const choice of choices) {
    core.now = Math.min(999, core.now + (choice % 40));
    if (core.now >= core.wakesAt) take(core.elapsed());
    if (open.length === 0) continue;
    const [event] = open.splice(choice % open.length, 1);
    // Every fifth is lost.
    if (choice % 5 !== 4 && event !== undefined) take(event());
  }
  core.now = 1000;
  take(core.elapsed());
  open = [];
  return { head, effects, core, said };
}

const anyRun = fc
  .tuple(
    fc.constantFrom(...LEVELS),
    fc.array(fc.constantFrom(...STATES), { minLength: 3, maxLength: 3 }),
    fc.array(fc.nat(1000), { maxLength: 30 }),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([level, holds, choices, awaits, down]) => {
    const head = `a b ${down ? 'c!' : 'c'} at ${level}${awaits ? ' await' : ''}`;
    return { ...run(head, holds, choices), level, holds };
  });

const RUNS = { numRuns: 10_000 };

t.test('each read is answered or refused once, by its deadline, and then it is done', async () => {
  fc.assert(
    fc.property(anyRun, ({ effects, core }) => {
      const ends = effects.filter((effect) => effect.do === 'answer' || effect.do === 'refuse');
      return ends.length === 1 && core.isDone;
    }),
    RUNS,
  );
});

t.test('nobody is asked twice in a round, and nobody who is not up', async () => {
  fc.assert(
    fc.property(anyRun, ({ effects, head }) => {
      const asked = effects.flatMap((effect) =>
        effect.do === 'ask' ? [`${effect.round} ${effect.node}`] : [],
      );
      const isDown = head.includes('c!') && asked.some((one) => one.endsWith(' c'));
      return new Set(asked).size === asked.length && !isDown;
    }),
    RUNS,
  );
});

const REQUIRED: Readonly<Record<string, number>> = {
  one: 1,
  two: 2,
  quorum: 2,
  all: 3,
  eventual: 1,
};

t.test(
  'an answer claims no more replicas than have answered, and as many as its level',
  async () => {
    fc.assert(
      fc.property(anyRun, ({ effects, said }) =>
        effects.every(
          (effect) =>
            effect.do !== 'answer' ||
            (effect.got.answered <= said.size &&
              effect.got.answered >= (REQUIRED[effect.got.level] ?? 9)),
        ),
      ),
      RUNS,
    );
  },
);

t.test('what quorum answers a majority holds: said so, or told to hold it and done', async () => {
  fc.assert(
    fc.property(anyRun, ({ effects, holds, head }) => {
      const answer = effects.find((effect) => effect.do === 'answer');
      if (answer?.do !== 'answer' || !['quorum', 'all', 'two'].includes(answer.got.level))
        return true;
      const text = textOf(answer.got.merged);
      const before = effects.slice(0, effects.indexOf(answer));
      const repaired = before.filter((effect) => effect.do === 'repair');
      const held = NODES.filter(
        (node, i) =>
          (holds[i] === text && !(head.includes('c!') && node === 'c')) ||
          repaired.some((repair) => repair.do === 'repair' && repair.node === node),
      );
      return held.length >= 2;
    }),
    RUNS,
  );
});

t.test(
  'no answer leaves out what a replica that answered holds and no other supersedes',
  async () => {
    fc.assert(
      fc.property(anyRun, ({ effects }) => {
        const answer = effects.find((effect) => effect.do === 'answer');
        if (answer?.do !== 'answer') return true;
        const { merged } = answer.got;
        // States of different writers are concurrent: each version that was met is in the merge.
        return merged === undefined || merged.versions.length > 0;
      }),
      RUNS,
    );
  },
);
