/** The course of a write: golden transcripts, and laws over any order of answers. */
import fc from 'fast-check';
import t from 'tap';
import type { CopyKind, WriteEffect } from '../../../lib/coordination/write/write-effects.js';
import { copyOf, errorOf, playAll } from './transcript.js';
import { coreOf, MINTED, playerOf, reportOf, RESULT, STORED } from './write-player.js';

t.test('golden transcripts', async (t) => {
  playAll(t, 'write', playerOf);
  playAll(t, 'blind', playerOf);
});

const LEVELS = ['one', 'two', 'quorum', 'all', 'any', 'eventual', 'quorum,one', 'all,quorum,one'];
const NODES = ['a b c', 'a b c!', 'a b! c!', 'b c d (e)', 'b! c! d! (e)'];

const REPORTS = [
  undefined,
  ...['x1@5', 'x1@15', 'y1@15 open', 'y1@5 x1@5!', 'gone y1@20', 'x1@5 y1@15'].map((text) =>
    reportOf(text.split(' ')),
  ),
];

/** Everything that is asked is answered in an order that chance gives, well or not, or never. */
function run(head: string, choices: readonly number[]) {
  const core = coreOf(head);
  const effects: WriteEffect[] = [];
  const stored = new Set<string>();
  const claimed = new Set<string>();
  /** Who had stored what was sent, at each effect. */
  const holders: { readonly write: number; readonly claim: number }[] = [];
  let open: ((isWell: boolean) => readonly WriteEffect[])[] = [];
  const take = (more: readonly WriteEffect[]): void => {
    for (const effect of more) {
      effects.push(effect);
      holders.push({ write: stored.size, claim: claimed.size });
      const answer = answerTo(effect);
      if (answer !== undefined) open.push(answer);
    }
  };
  const settle = (node: string, isWell: boolean, sent: CopyKind): readonly WriteEffect[] => {
    const holding = sent === 'write' ? stored : claimed;
    if (isWell && core.isDone === false) holding.add(node);
    const report = sent === 'write' && node !== 'a' ? drawReport() : undefined;
    return core.stored(node, isWell ? { ...STORED, report } : undefined, sent);
  };
  let drawn = 0;
  const drawReport = () => {
    drawn += 1;
    return REPORTS[(choices[drawn % choices.length] ?? 0) % REPORTS.length];
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
        const more = core.minted(MINTED);
        open.push((isWell) => settle(self, isWell, 'write'));
        take(more);
        return undefined;
      }
      case 'mint as stand-in':
        return () => core.mintedAsStandIn();
      case 'copy':
        return (isWell) => settle(effect.node, isWell, effect.sent);
      case 'look':
        take(core.looked(drawReport() ?? reportOf([])));
        return undefined;
      case 'claim':
        return (isWell) => {
          if (!isWell) return core.notClaimed(errorOf('storage_failed', 'unknown'));
          claimed.add(self);
          return core.claimed(1);
        };
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
  return { core, effects, stored, holders };
}

const anyRun = fc
  .tuple(
    fc.constantFrom(...NODES),
    fc.constantFrom(...LEVELS),
    fc.subarray(['blind', 'keep', 'unfit', 'resolution', 'forwarded']),
    fc.array(fc.nat(1000), { maxLength: 30 }),
  )
  .map(([nodes, levels, flags, choices]) => {
    const head = `${nodes} at ${[levels, ...flags].join(' ')}`;
    return { head, ...run(head, choices) };
  });

const anyBlindRun = fc
  .tuple(
    fc.constantFrom('a b c', 'a b c!'),
    fc.constantFrom('quorum', 'all', 'two', 'quorum,one', 'all,quorum,one'),
    fc.array(fc.nat(1000), { minLength: 6, maxLength: 30 }),
  )
  .map(([nodes, levels, choices]) => run(`${nodes} at ${levels} blind`, choices));

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

t.test('a claim follows the acknowledgements, once, and is awaited', async (t) => {
  let claims = 0;
  fc.assert(
    fc.property(anyBlindRun, ({ effects, holders }) => {
      const places = effects.flatMap(({ do: what }, place) => (what === 'claim' ? place : []));
      const [place] = places;
      if (place === undefined) return true;
      claims += 1;
      const end = effects.findIndex(isEnd);
      const answer = effects.find((effect) => effect.do === 'answer');
      const required = answer === undefined ? 0 : (REQUIRED[answer.reached.level] ?? 9);
      // Of the levels that claim, each needs two of three at least.
      const isAfterAcks = (holders[place]?.write ?? 0) >= 2;
      const isAwaited = place < end && (holders[end]?.claim ?? 0) >= required;
      return places.length === 1 && isAfterAcks && isAwaited;
    }),
    { numRuns: 3_000 },
  );
  t.ok(claims > 300, `${claims} claims`);
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
