/** The table of levels against their descriptions in words, for every N and in all zones. */
import fc from 'fast-check';
import t from 'tap';
import {
  AVAILABLE_LEVELS,
  LEVEL_NAMES,
  parseLevel,
  requirementsOf,
} from '../../../lib/coordination/consistency-level.js';
import { OperatingError } from '../../../lib/errors.js';
import type { PreferenceList } from '../../../lib/replication/preference-list.js';
import { Quorum, type Requirement } from '../../../lib/replication/quorum.js';

const anyList: fc.Arbitrary<PreferenceList> = fc
  .array(fc.constantFrom('x', 'y', 'z'), { minLength: 1, maxLength: 7 })
  .map((zones) => ({
    zone: 'x',
    primaries: zones.map((zone, i) => ({ node: `n${i}`, zone, up: true })),
  }));

type Rule = (answers: number, of: number, near: number, nearOf: number, zones: boolean) => boolean;
const most = (count: number, of: number): boolean => count > of / 2;

/** In words: `answers` of `of` primaries, `near` of `nearOf` in my zone; all zones have most? */
const RULES: Readonly<Record<string, Rule>> = {
  one: (answers) => answers >= 1,
  two: (answers) => answers >= 2,
  three: (answers) => answers >= 3,
  '1': (answers) => answers >= 1,
  '4': (answers) => answers >= 4,
  quorum: (answers, of) => most(answers, of),
  all: (answers, of) => answers === of,
  any: (answers) => answers >= 1,
  eventual: (answers) => answers >= 1,
  'local-one': (_answers, _of, near) => near >= 1,
  'local-quorum': (_answers, _of, near, nearOf) => most(near, nearOf),
  'each-quorum': (_answers, _of, _near, _nearOf, zones) => zones,
};

function holds(rule: Rule, { primaries, zone }: PreferenceList, answers: Set<string>): boolean {
  const said = primaries.filter(({ node }) => answers.has(node));
  const near = primaries.filter((primary) => primary.zone === zone);
  const everyZone = primaries.every((primary) => {
    const same = primaries.filter((other) => other.zone === primary.zone);
    return most(same.filter(({ node }) => answers.has(node)).length, same.length);
  });
  const nearSaid = said.filter((primary) => primary.zone === zone).length;
  return rule(said.length, primaries.length, nearSaid, near.length, everyZone);
}

function requirements(name: string, list: PreferenceList): Requirement[] | OperatingError {
  try {
    return requirementsOf(parseLevel(name, 'write'), list);
  } catch (error) {
    if (error instanceof OperatingError) return error;
    throw error;
  }
}

function reached(requirements: readonly Requirement[], answers: ReadonlySet<string>): boolean {
  const quorum = new Quorum(requirements);
  for (const node of answers) quorum.succeed(node);
  return quorum.state === 'reached';
}

for (const [name, rule] of Object.entries(RULES)) {
  t.test(
    `${name} asks for what it says, and only for more than there is is it refused`,
    async () => {
      fc.assert(
        fc.property(anyList, fc.nat(127), (list, choice) => {
          const nodes = list.primaries.map(({ node }) => node);
          const answers = new Set(nodes.filter((_, i) => (choice & (1 << i)) !== 0));
          const asked = requirements(name, list);
          if (asked instanceof OperatingError) {
            return (
              asked.code === 'invalid_level' &&
              asked.outcome === 'none' &&
              typeof asked.details['required'] === 'number' &&
              !holds(rule, list, new Set(nodes))
            );
          }
          return reached(asked, answers) === holds(rule, list, answers);
        }),
        { numRuns: 2_000 },
      );
    },
  );
}

t.test('the rows are all there', async (t) => {
  const rows = Object.keys(RULES).filter((name) => !/^\d/.test(name));
  t.strictSame([...AVAILABLE_LEVELS].sort(), rows.sort());
  const later = LEVEL_NAMES.filter((name) => !AVAILABLE_LEVELS.includes(name));
  t.strictSame([...later].sort(), ['bounded-staleness', 'causal', 'session', 'strong']);
});

t.test(
  'a read that is answered from a majority, and only such a one, repairs a majority',
  async () => {
    fc.assert(
      fc.property(anyList, fc.constantFrom(...AVAILABLE_LEVELS), (list, name) => {
        if (name === 'any' || name.includes('-')) return true;
        const asked = requirements(name, list);
        if (asked instanceof OperatingError) return true;
        const repairs = parseLevel(name, 'read').row.repairs(list);
        const isMajority = (asked[0]?.required ?? 0) > list.primaries.length / 2;
        return isMajority && name !== 'eventual'
          ? (repairs?.[0]?.required ?? 0) > list.primaries.length / 2
          : repairs === undefined;
      }),
      { numRuns: 5_000 },
    );
  },
);

t.test('names are read in any case; everything else is refused', async (t) => {
  for (const name of AVAILABLE_LEVELS) {
    t.equal(parseLevel(` ${name.toUpperCase()} `, 'write').name, name);
    const read = (): unknown => parseLevel(name, 'read').name;
    if (name === 'any') t.throws(read, { code: 'invalid_level' });
    else t.equal(read(), name);
  }
  for (const name of ['session', 'causal', 'Strong', 'bounded-staleness;max=500ms']) {
    t.throws(() => parseLevel(name, 'read'), { code: 'not_implemented' }, name);
  }
  const bad = ['', ' ', '0', '-1', '01', '1.5', '100', '1e1', 'most', 'quorum;max=5', 'quorum;'];
  bad.push('quorum,one', '__proto__', 'constructor', 'toString', 'local_one', 'ONE TWO', '１');
  for (const name of bad) {
    t.throws(() => parseLevel(name, 'read'), { code: 'invalid_level', outcome: 'none' }, name);
  }
  t.equal(parseLevel('4', 'read').name, '4');
  t.equal(parseLevel('99', 'read').name, '99');
});
