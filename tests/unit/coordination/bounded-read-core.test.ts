/** The course of a read whose age is bounded: golden transcripts, and a law. */
import fc from 'fast-check';
import t from 'tap';
import {
  BoundedReadCore,
  type BoundedReadEffect,
  boundWithin,
} from '../../../lib/coordination/read/bounded-read-core.js';
import { stalenessDemand } from '../../../lib/coordination/request/staleness-demand.js';
import { OperatingError } from '../../../lib/errors.js';
import type { ProofMoment } from '../../../lib/staleness/moment.js';
import type { Scope } from '../../../lib/staleness/proofs.js';
import { given, type Player, playAll, stateOf, textOf } from './transcript.js';

const ARRIVED: ProofMoment = { at: 10_000, skew: 0 };

/** `all=9000` `quorum=9500` `skew=300`: when what was proven, and what the wall clock did since. */
function coreOf(head: string): BoundedReadCore {
  const { plan, flags } = given(head);
  const value = (name: string): string | undefined =>
    [...flags].find((flag) => flag.startsWith(`${name}=`))?.slice(name.length + 1);
  const level = head.split(' at ')[1]?.split(' ')[0] ?? '';
  return new BoundedReadCore({
    ...{ plan, arrived: ARRIVED, patienceMilliseconds: 50 },
    demand: stalenessDemand(level, level.split(';').slice(1)),
    provenAt: (scope) => {
      const at = value(scope);
      return at === undefined ? undefined : { at: Number(at), skew: Number(value('skew') ?? 0) };
    },
    asksRepair: flags.has('repair'),
    isOfSession: flags.has('session'),
    isAnySuspect: flags.has('suspect'),
  });
}

function textOfEffect(effect: BoundedReadEffect): string {
  switch (effect.do) {
    case 'read own':
      return 'read the own record';
    case 'ask near':
      return `ask ${effect.node} alone`;
    case 'widen':
      return `widen (${effect.why}) to ${effect.levels.join(', then ')}`;
    case 'answer alone': {
      const { age, scope } = effect.bound;
      return `answer ${textOf(effect.copy.merged)}, at most ${age} ms old, scope ${scope}`;
    }
    case 'answer widely':
      return `answer the merge, at most ${effect.bound.age} ms old, scope ${effect.bound.scope}`;
    case 'refuse':
      return `refuse: ${effect.error.code}`;
  }
}

function nearOf(core: BoundedReadCore, words: readonly string[]): readonly BoundedReadEffect[] {
  const [state = '', age, scope = 'all'] = words;
  if (state === 'fails')
    return core.nearFailed(new OperatingError('overloaded', 'as the test wants it'));
  const bound = age === undefined ? undefined : { age: Number(age), scope: scope as Scope };
  return core.nearSaid({ merged: stateOf(state) }, bound);
}

function follow(core: BoundedReadCore, words: readonly string[]): readonly BoundedReadEffect[] {
  const [what, first = '', second] = words;
  switch (what) {
    case 'begin':
      return core.begin();
    case 'own':
      return first === 'fails'
        ? core.ownFailed(undefined)
        : core.ownRead({ merged: stateOf(first) });
    case 'near':
      return nearOf(core, words.slice(1));
    case 'merged':
      return core.widened(Number(first), Number(second));
    case 'too-few':
      return core.notWidened(new OperatingError('level_not_reached', ''));
    default:
      core.now = Number(first);
      return core.now >= core.wakesAt ? core.elapsed() : [];
  }
}

function player(head: string): Player {
  const core = coreOf(head);
  return (words) => {
    const said = follow(core, words).map(textOfEffect);
    return core.isDone ? [...said, 'done'] : said;
  };
}

t.test('as in the transcripts', async (t) => {
  playAll(t, 'bounded', player);
});

t.test('a bound is never above what is allowed, and never below what is proven', async () => {
  const moment = fc.option(
    fc.record({ at: fc.nat(12_000), skew: fc.integer({ min: -900, max: 900 }) }),
  );
  const scopes = fc.constantFrom('all', 'quorum', 'any' as const);
  fc.assert(
    fc.property(moment, moment, fc.nat(3000), scopes, (all, quorum, maxMilliseconds, scope) => {
      const proven = (of: Scope): ProofMoment | undefined =>
        (of === 'all' ? all : quorum) ?? undefined;
      const demand = { maxMilliseconds, scope: scope as Scope | 'any' };
      const bound = boundWithin(demand, proven, ARRIVED);
      if (bound === undefined) return true;
      const by = proven(bound.scope);
      const isAllowed = bound.age <= maxMilliseconds && (scope === 'any' || scope === bound.scope);
      const isProven = by !== undefined && ARRIVED.at - bound.age <= by.at;
      return isAllowed && isProven && Math.abs(by.skew) <= maxMilliseconds / 4;
    }),
    { numRuns: 10_000 },
  );
});

t.test('parameters of the level', async (t) => {
  const demandOf = (text: string) => stalenessDemand(text, text.split(';').slice(1));
  t.strictSame(demandOf('b'), { maxMilliseconds: 1000, scope: 'any' });
  t.strictSame(demandOf('b;max=500ms'), { maxMilliseconds: 500, scope: 'any' });
  t.strictSame(demandOf('b; scope = all ; max = 2m'), { maxMilliseconds: 120_000, scope: 'all' });
  t.strictSame(demandOf('b;max=250;scope=quorum'), { maxMilliseconds: 250, scope: 'quorum' });
  for (const wrong of ['max=', 'max=x', 'max=-1', 'max=61m', 'scope=one', 'age=1s', 'max', '']) {
    t.throws(() => demandOf(`b;${wrong}`), { code: 'invalid_level' }, wrong);
  }
  t.throws(() => demandOf('b;max=1s;max=1s'), { code: 'invalid_level' }, 'twice');
});

t.test('how long the machine was suspended counts, also within the bound', async (t) => {
  const now = { at: 2_000, skew: 500 };
  const provenAt = () => ({ at: 1_000, skew: 0 });
  const ageOf = (max: string) =>
    boundWithin(stalenessDemand('bounded-staleness', [`max=${max}`]), provenAt, now)?.age;
  t.equal(ageOf('10s'), 1_125 + 500);
  t.equal(ageOf('2s'), 1_125 + 500, 'half a second is a quarter of it');
  t.equal(ageOf('1999ms'), undefined, 'beyond a quarter the proof says nothing');
});

t.test('whoever owns no copy asks nobody in vain for an age of nothing', async (t) => {
  const core = (max: string) => coreOf(`b c d at bounded-staleness;max=${max} self=a`);
  t.match(core('0ms').begin(), [{ do: 'widen', why: 'too old' }]);
  t.match(core('1ms').begin(), [{ do: 'ask near' }]);
});
