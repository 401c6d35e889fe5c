/** The course of a write: golden transcripts, and laws over any order of answers. */
import fc from 'fast-check';
import t from 'tap';
import type { Want } from '../../../lib/rpc/hot-messages.js';
import { WriteCore, type WriteEffect } from '../../../lib/coordination/write-core.js';
import { OperatingError } from '../../../lib/errors.js';
import { ALL_STAND } from '../../../lib/replication/quorum.js';
import { NOTHING_SEEN } from '../../../lib/versioning/context.js';
import { copyOf, errorOf, errorText, given, type Player, playAll, textOf } from './transcript.js';

/** `write blind unfit resolution forwarded`, in any order, after the levels. */
function coreOf(head: string): WriteCore {
  const { plan, attempts, flags } = given(`${head} write`);
  return new WriteCore({
    ...{ plan, attempts, timeoutMilliseconds: 1000, patience: () => 50, standing: ALL_STAND },
    isForwarded: flags.has('forwarded'),
    isResolution: flags.has('resolution'),
    unfit: flags.has('unfit') ? new OperatingError('rebuilding', 'under rebuild') : undefined,
    asksFirst: flags.has('blind'),
  });
}

const STORED = { start: 1 };

const RESULT = {
  ...{ version: 'v', writtenAt: 0, seen: NOTHING_SEEN, replaced: [] },
  ...{ level: 'quorum', answered: 2, asked: 3, standIns: 0 },
};

function textOfEffect(effect: WriteEffect): string {
  switch (effect.do) {
    case 'forward':
      return `pass on to ${effect.node}`;
    case 'ask':
      return `ask ${effect.node}: ${effect.want} (round ${effect.round})`;
    case 'count hedges':
      return `hedge ${effect.count}`;
    case 'mint': {
      const hints = effect.targets.map((target) => `, with a hint for ${target}`).join('');
      return `mint on ${effect.met === undefined ? 'the own record' : textOf(effect.met)}${hints}`;
    }
    case 'mint as stand-in':
      return 'mint as a stand-in';
    case 'copy':
      return `copy to ${effect.node}`;
    case 'hold':
      return `${effect.holder} holds a hint for ${effect.target}`;
    case 'answer': {
      const { level, answered, asked, standIns } = effect.reached;
      return `answer at ${level}, ${answered}/${asked}, stand-ins ${standIns}`;
    }
    case 'pass on':
      return 'answer what the other said';
    case 'refuse':
      return `refuse: ${errorText(effect.error)}`;
  }
}

function playerOf(head: string): Player {
  const core = coreOf(head);
  const wants = new Map<string, Want>();
  const done: Record<string, (words: readonly string[]) => readonly WriteEffect[]> = {
    begin: () => core.begin(),
    forwarded: () => core.forwarded(RESULT),
    // > not-forwarded NODE CODE OUTCOME
    'not-forwarded': ([node = '', code = '', outcome = 'none']) =>
      core.notForwarded(node, errorOf(code, outcome)),
    said: ([round = '', node = '', text = '']) =>
      core.said(Number(round), copyOf(node, wants.get(`${round} ${node}`) ?? 'full', text)),
    failed: ([round = '', node = '']) => core.failed(Number(round), node),
    minted: () => core.minted(),
    'not-minted': ([code = '']) => core.notMinted(errorOf(code, 'none')),
    'minted-as-stand-in': () => core.mintedAsStandIn(),
    stored: ([node = '']) => core.stored(node, STORED),
    'not-stored': ([node = '']) => core.stored(node, undefined),
    held: () => {
      core.held();
      return [];
    },
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
  playAll(t, 'write', playerOf);
});

const LEVELS = ['one', 'two', 'quorum', 'all', 'any', 'eventual', 'quorum,one', 'all,quorum,one'];
const NODES = ['a b c', 'a b c!', 'a b! c!', 'b c d (e)', 'b! c! d! (e)'];

/** Everything that is asked is answered in an order that chance gives, well or not, or never. */
function run(head: string, choices: readonly number[]) {
  const core = coreOf(head);
  const effects: WriteEffect[] = [];
  const stored = new Set<string>();
  let open: ((isWell: boolean) => readonly WriteEffect[])[] = [];
  const take = (more: readonly WriteEffect[]): void => {
    for (const effect of more) {
      effects.push(effect);
      const answer = answerTo(effect);
      if (answer !== undefined) open.push(answer);
    }
  };
  const settle = (node: string, isWell: boolean): readonly WriteEffect[] => {
    if (isWell && core.isDone === false) stored.add(node);
    return core.stored(node, isWell ? STORED : undefined);
  };
  function answerTo(
    effect: WriteEffect,
  ): ((isWell: boolean) => readonly WriteEffect[]) | undefined {
    const self = 'a';
    switch (effect.do) {
      case 'ask':
        return (isWell) =>
          isWell
            ? core.said(effect.round, copyOf(effect.node, effect.want, 'x1'))
            : core.failed(effect.round, effect.node);
      case 'forward':
        return (isWell) =>
          isWell
            ? core.forwarded(RESULT)
            : core.notForwarded(effect.node, errorOf('overloaded', 'none'));
      case 'mint': {
        const more = core.minted();
        open.push((isWell) => settle(self, isWell));
        take(more);
        return undefined;
      }
      case 'mint as stand-in':
        return () => core.mintedAsStandIn();
      case 'copy':
        return (isWell) => settle(effect.node, isWell);
      default:
        return undefined;
    }
  }
  take(core.begin());
  for (const choice of choices) {
    core.now = Math.min(999, core.now + (choice % 40));
    if (core.now >= core.wakesAt) take(core.elapsed());
    if (open.length === 0) continue;
    const [event] = open.splice(choice % open.length, 1);
    if (choice % 5 !== 4 && event !== undefined) take(event(choice % 7 !== 6));
  }
  core.now = 1000;
  if (core.now >= core.wakesAt) take(core.elapsed());
  open = [];
  return { core, effects, stored };
}

const anyRun = fc
  .tuple(
    fc.constantFrom(...NODES),
    fc.constantFrom(...LEVELS),
    fc.subarray(['blind', 'unfit', 'resolution', 'forwarded']),
    fc.array(fc.nat(1000), { maxLength: 30 }),
  )
  .map(([nodes, levels, flags, choices]) => {
    const head = `${nodes} at ${[levels, ...flags].join(' ')}`;
    return { head, ...run(head, choices) };
  });

const RUNS = { numRuns: 10_000 };
const isEnd = ({ do: what }: WriteEffect): boolean =>
  what === 'answer' || what === 'refuse' || what === 'pass on';

t.test('a write ends once; what was minted and not passed on ends by its deadline', async () => {
  fc.assert(
    fc.property(anyRun, ({ effects, core }) => {
      const ends = effects.filter(isEnd).length;
      // A request that was passed on ends with the answer of the link, which has the same deadline.
      const isPassedOn = effects.at(-1)?.do === 'forward';
      return isPassedOn ? ends === 0 : ends === 1 && core.isDone;
    }),
    RUNS,
  );
});

t.test(
  'nothing is minted twice, and what was passed on to be done is not minted here',
  async () => {
    fc.assert(
      fc.property(anyRun, ({ effects }) => {
        const mints = effects.filter(({ do: what }) => what.startsWith('mint'));
        const isAnsweredElsewhere = effects.some(({ do: what }) => what === 'pass on');
        return mints.length <= (isAnsweredElsewhere ? 0 : 1);
      }),
      RUNS,
    );
  },
);

const REQUIRED: Readonly<Record<string, number>> = {
  ...{ one: 1, two: 2, quorum: 2, all: 3, any: 1, eventual: 1 },
};

t.test('an answer claims what primaries have acknowledged, and as many as its level', async () => {
  fc.assert(
    fc.property(anyRun, ({ effects, stored }) =>
      effects.every((effect) => {
        if (effect.do !== 'answer') return true;
        const { answered, level, standIns } = effect.reached;
        if (answered === 0) return standIns === 1 && ['any', 'eventual'].includes(level);
        return answered <= stored.size && answered >= (REQUIRED[level] ?? 9);
      }),
    ),
    RUNS,
  );
});

t.test('each primary that was sent the write holds it, or somebody holds its hint', async () => {
  fc.assert(
    fc.property(anyRun, ({ effects, stored }) => {
      const hinted = effects.flatMap((effect) => {
        if (effect.do === 'hold') return [effect.target];
        return effect.do === 'mint' ? effect.targets : [];
      });
      return effects.every(
        (effect) => effect.do !== 'copy' || stored.has(effect.node) || hinted.includes(effect.node),
      );
    }),
    RUNS,
  );
});

t.test('what was minted is refused as unknown, what was not as having done nothing', async () => {
  fc.assert(
    fc.property(anyRun, ({ effects }) => {
      const isMinted = effects.some(({ do: what }) => what.startsWith('mint'));
      return effects.every(
        (effect) =>
          effect.do !== 'refuse' || effect.error.outcome === (isMinted ? 'unknown' : 'none'),
      );
    }),
    RUNS,
  );
});
