/** The quorum against a naive recount, over one set of nodes and over several. */
import fc from 'fast-check';
import t from 'tap';
import { majority, Quorum, type Requirement, Votes } from '../../../lib/replication/quorum.js';

const RUNS = { numRuns: 10_000 };
const NODES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const node = fc.constantFrom(...NODES);

/** Sets that overlap or not, as two rings do; more may be required than there are. */
const requirements: fc.Arbitrary<Requirement[]> = fc.array(
  fc.record({ nodes: fc.uniqueArray(node), required: fc.nat(5) }),
  { minLength: 1, maxLength: 3 },
);

type Event = readonly [node: string, success: boolean];
const events: fc.Arbitrary<Event[]> = fc.array(fc.tuple(node, fc.boolean()), { maxLength: 14 });

/** Tries all ways in which those who have not answered could: what is certain, what possible? */
function recount(requirements: readonly Requirement[], events: readonly Event[]): string {
  const yes = new Set(events.filter(([, success]) => success).map(([node]) => node));
  const answered = new Set(events.map(([node]) => node));
  const open = NODES.filter((node) => !answered.has(node));
  const outcomes = new Set<boolean>();
  for (let choice = 0; choice < 2 ** open.length; choice += 1) {
    const all = new Set([...yes, ...open.filter((_, i) => (choice & (1 << i)) !== 0)]);
    outcomes.add(
      requirements.every(
        ({ nodes, required }) => nodes.filter((node) => all.has(node)).length >= required,
      ),
    );
  }
  if (outcomes.size === 2) return 'pending';
  return outcomes.has(true) ? 'reached' : 'lost';
}

function votesOf(events: readonly Event[]): Votes {
  const votes = new Votes();
  for (const [node, success] of events) {
    if (success) votes.grant(node);
    else votes.deny(node);
  }
  return votes;
}

t.test('reached, lost and pending are what a recount of all that may come says', async () => {
  fc.assert(
    fc.property(requirements, events, (requirements, events) => {
      return new Quorum(requirements).stateOf(votesOf(events)) === recount(requirements, events);
    }),
    { numRuns: 3_000 },
  );
});

t.test('a quorum that requires nothing is none: it would always be reached', async (t) => {
  t.throws(() => new Quorum([]), /requires something/);
});

t.test('nodes are counted, not answers; a grant stays; the order is of no matter', async () => {
  fc.assert(
    fc.property(requirements, events, fc.nat(13), (requirements, events, rotation) => {
      const [head, tail] = [events.slice(rotation), events.slice(0, rotation)];
      const quorum = new Quorum(requirements);
      const again = quorum.stateOf(votesOf([...head, ...tail, ...events]));
      return again === quorum.stateOf(votesOf(events));
    }),
    RUNS,
  );
});

t.test('what is reached or lost stays so, but for a grant after a denial', async () => {
  fc.assert(
    fc.property(
      requirements,
      fc.uniqueArray(fc.tuple(node, fc.boolean()), {
        selector: ([node]) => node,
      }),
      (requirements, events) => {
        const quorum = new Quorum(requirements);
        const votes = new Votes();
        let last = quorum.stateOf(votes);
        for (const [node, success] of events) {
          if (success) votes.grant(node);
          else votes.deny(node);
          const state = quorum.stateOf(votes);
          if (last !== 'pending' && state !== last) return false;
          last = state;
        }
        return votes.granted.length === events.filter(([, success]) => success).length;
      },
    ),
    RUNS,
  );
});

t.test('what the nodes that are up can reach is what their grants would reach', async () => {
  fc.assert(
    fc.property(requirements, fc.uniqueArray(node), (requirements, up) => {
      const quorum = new Quorum(requirements);
      const state = quorum.stateOf(votesOf(up.map((node) => [node, true] as const)));
      return quorum.isPossibleFor(up) === (state === 'reached');
    }),
    RUNS,
  );
});

t.test('two majorities of one set meet', async (t) => {
  for (let n = 1; n <= 100; n += 1) {
    t.ok(2 * majority(n) > n && 2 * (majority(n) - 1) <= n, `N = ${n}`);
  }
});

t.test('with two rings, neither alone is enough', async (t) => {
  const quorum = new Quorum([
    { nodes: ['a', 'b', 'c'], required: 2 },
    { nodes: ['b', 'c', 'd'], required: 2 },
  ]);
  const votes = new Votes();
  votes.grant('a');
  votes.grant('b');
  t.equal(quorum.stateOf(votes), 'pending', 'the new ring has one answer');
  votes.grant('d');
  t.equal(quorum.stateOf(votes), 'reached');
  const lost = new Votes();
  for (const node of ['a', 'b']) lost.grant(node);
  for (const node of ['c', 'd']) lost.deny(node);
  t.equal(quorum.stateOf(lost), 'lost');
  t.equal(lost.of('c'), false);
  t.equal(lost.of('x'), undefined);
  t.equal(quorum.required, 4);
});
