/** The table of levels against their descriptions in words, for every N and in all zones. */
import fc from 'fast-check';
import t from 'tap';
import { attemptsOf, LEVEL_NAMES, parseLevel } from '../../../lib/coordination/request/level.js';
import { OperatingError } from '../../../lib/errors.js';
import { Plan } from '../../../lib/replication/plan.js';
import { Quorum, Votes } from '../../../lib/replication/quorum.js';

const anyPlan: fc.Arbitrary<Plan> = fc
  .array(fc.constantFrom('x', 'y', 'z'), { minLength: 1, maxLength: 7 })
  .map((zones) => {
    const owners = zones.map((zone, i) => ({ node: `n${i}`, zone, up: true }));
    const order = owners.map(({ node }) => node);
    const parts = { partition: 0, epoch: 1, sets: [owners], order, standIns: [] };
    return new Plan({ ...parts, self: 'n0', zone: 'x' });
  });

type Rule = (answers: number, of: number, near: number, nearOf: number, zones: boolean) => boolean;
const most = (count: number, of: number): boolean => count > of / 2;

/** In words: `answers` of `of` primaries, `near` of `nearOf` in my zone; all zones have most? */
const RULES: Readonly<Record<string, Rule>> = {
  one: (answers) => answers >= 1,
  two: (answers) => answers >= 2,
  three: (answers) => answers >= 3,
  '1': (answers) => answers >= 1,
  '4': (answers) => answers >= 4,
  strong: (answers, of) => most(answers, of),
  quorum: (answers, of) => most(answers, of),
  all: (answers, of) => answers === of,
  any: (answers) => answers >= 1,
  eventual: (answers) => answers >= 1,
  session: (answers) => answers >= 1,
  causal: (answers) => answers >= 1,
  'bounded-staleness': (answers, of) => most(answers, of),
  'local-one': (_answers, _of, near) => near >= 1,
  'local-quorum': (_answers, _of, near, nearOf) => most(near, nearOf),
  'each-quorum': (_answers, _of, _near, _nearOf, zones) => zones,
};

function holds(rule: Rule, { primaries, zone }: Plan, answers: Set<string>): boolean {
  const said = primaries.filter(({ node }) => answers.has(node));
  const near = primaries.filter((primary) => primary.zone === zone);
  const everyZone = primaries.every((primary) => {
    const same = primaries.filter((other) => other.zone === primary.zone);
    return most(same.filter(({ node }) => answers.has(node)).length, same.length);
  });
  const nearSaid = said.filter((primary) => primary.zone === zone).length;
  return rule(said.length, primaries.length, nearSaid, near.length, everyZone);
}

function quorumOf(name: string, plan: Plan): Quorum | OperatingError {
  try {
    const [attempt] = attemptsOf([parseLevel(name, 'write')], plan);
    if (attempt === undefined) throw new Error('one level is one attempt');
    return attempt.quorum;
  } catch (error) {
    if (error instanceof OperatingError) return error;
    throw error;
  }
}

function reached(quorum: Quorum, answers: ReadonlySet<string>): boolean {
  const votes = new Votes();
  for (const node of answers) votes.grant(node);
  return quorum.stateOf(votes) === 'reached';
}

for (const [name, rule] of Object.entries(RULES)) {
  t.test(
    `${name} asks for what it says, and only for more than there is is it refused`,
    async () => {
      fc.assert(
        fc.property(anyPlan, fc.nat(127), (plan, choice) => {
          const nodes = plan.primaries.map(({ node }) => node);
          const answers = new Set(nodes.filter((_, i) => (choice & (1 << i)) !== 0));
          const asked = quorumOf(name, plan);
          if (asked instanceof OperatingError) {
            return (
              asked.code === 'invalid_level' &&
              asked.outcome === 'none' &&
              typeof asked.details['required'] === 'number' &&
              !holds(rule, plan, new Set(nodes))
            );
          }
          return reached(asked, answers) === holds(rule, plan, answers);
        }),
        { numRuns: 2_000 },
      );
    },
  );
}

t.test('the rows are all there', async (t) => {
  const rows = Object.keys(RULES).filter((name) => !/^\d/.test(name));
  t.strictSame([...LEVEL_NAMES].sort(), rows.sort());
});

t.test(
  'a read that is answered from a majority, and only such a one, repairs a majority',
  async () => {
    fc.assert(
      fc.property(anyPlan, fc.constantFrom(...LEVEL_NAMES), (plan, name) => {
        if (name === 'any' || name.includes('local') || name.includes('each')) return true;
        const asked = quorumOf(name, plan);
        if (asked instanceof OperatingError) return true;
        const { repairsTo } = plan.under(parseLevel(name, 'read'));
        const isMajority = (asked.requirements[0]?.required ?? 0) > plan.primaries.length / 2;
        return isMajority && name !== 'eventual'
          ? repairsTo instanceof Quorum && repairsTo.required > plan.primaries.length / 2
          : repairsTo === 'none';
      }),
      { numRuns: 5_000 },
    );
  },
);

t.test('what a level promises beyond its answers, of three owners', async (t) => {
  const owners = ['a', 'b', 'c'].map((node) => ({ node, zone: 'x', up: true }));
  const parts = { partition: 0, epoch: 1, sets: [owners], order: ['a', 'b', 'c'], standIns: [] };
  const plan = new Plan({ ...parts, self: 'a', zone: 'x' });
  const weak = ['one', 'any', 'eventual', 'local-one', 'session', 'causal'];
  for (const name of LEVEL_NAMES) {
    const level = parseLevel(name, name === 'any' ? 'write' : 'read');
    const { settlesAcceptances, provesMiss, readsBeforeWrite, endsRaces } = plan.under(level);
    const promised = [settlesAcceptances, provesMiss, readsBeforeWrite, endsRaces];
    t.strictSame(
      promised,
      Array.from({ length: 4 }, () => !weak.includes(name)),
      name,
    );
  }
});

t.test('names are read in any case; everything else is refused', async (t) => {
  for (const name of LEVEL_NAMES) {
    t.equal(parseLevel(` ${name.toUpperCase()} `, 'write').name, name);
    const read = (): unknown => parseLevel(name, 'read').name;
    if (name === 'any') t.throws(read, { code: 'invalid_level' });
    else t.equal(read(), name);
  }
  for (const operation of ['read', 'write'] as const) {
    t.match(parseLevel('bounded-staleness', operation), { staleness: { maxMilliseconds: 1000 } });
    t.match(parseLevel('Bounded-Staleness; max=500ms;scope=all', operation), {
      ...{ name: 'bounded-staleness', staleness: { maxMilliseconds: 500, scope: 'all' } },
    });
  }
  const bad = ['', ' ', '0', '-1', '01', '1.5', '100', '1e1', 'most', 'quorum;max=5', 'quorum;'];
  bad.push('bounded-staleness;', 'bounded-staleness;min=1s', 'bounded-staleness;max=2h');
  bad.push('quorum,one', '__proto__', 'constructor', 'toString', 'local_one', 'ONE TWO', '１');
  for (const name of bad) {
    t.throws(() => parseLevel(name, 'read'), { code: 'invalid_level', outcome: 'none' }, name);
  }
  t.equal(parseLevel('4', 'read').name, '4');
  t.equal(parseLevel('99', 'read').name, '99');
});
