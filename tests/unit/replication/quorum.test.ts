/** The quorum against a naive recount, over one set of nodes and over several. */
import fc from 'fast-check';
import t from 'tap';
import { majority, Quorum, type Requirement } from '../../../lib/replication/quorum.js';

const RUNS = { numRuns: 10_000 };
const NODES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const node = fc.constantFrom(...NODES);

/** Sets that overlap or not, as two rings do; more may be required than there are. */
const requirements: fc.Arbitrary<Requirement[]> = fc.array(
  fc.record({ nodes: fc.uniqueArray(node), required: fc.nat(5) }),
  { maxLength: 3 },
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

function quorumAfter(requirements: readonly Requirement[], events: readonly Event[]): Quorum {
  const quorum = new Quorum(requirements);
  for (const [node, success] of events) {
    if (success) quorum.succeed(node);
    else quorum.fail(node);
  }
  return quorum;
}

t.test('reached, lost and pending are what a recount of all that may come says', async () => {
  fc.assert(
    fc.property(requirements, events, (requirements, events) => {
      const quorum = quorumAfter(requirements, events);
      const expected = recount(requirements, events);
      return (
        quorum.state === expected &&
        new Quorum([]).stateUnder([]) === 'reached' &&
        quorumAfter([], events).stateUnder(requirements) === expected
      );
    }),
    { numRuns: 3_000 },
  );
});

t.test('nodes are counted, not answers; a success stays; the order is of no matter', async () => {
  fc.assert(
    fc.property(requirements, events, fc.nat(13), (requirements, events, rotation) => {
      const [head, tail] = [events.slice(rotation), events.slice(0, rotation)];
      const again = quorumAfter(requirements, [...head, ...tail, ...events]);
      return again.state === quorumAfter(requirements, events).state;
    }),
    RUNS,
  );
});

t.test('what is reached or lost stays so, but for a success after a failure', async () => {
  fc.assert(
    fc.property(
      requirements,
      fc.uniqueArray(fc.tuple(node, fc.boolean()), {
        selector: ([node]) => node,
      }),
      (requirements, events) => {
        const quorum = new Quorum(requirements);
        let last = quorum.state;
        for (const [node, success] of events) {
          if (success) quorum.succeed(node);
          else quorum.fail(node);
          if (last !== 'pending' && quorum.state !== last) return false;
          last = quorum.state;
        }
        return quorum.succeeded.length === events.filter(([, success]) => success).length;
      },
    ),
    RUNS,
  );
});

t.test('two majorities of one set meet', async (t) => {
  for (let n = 1; n <= 100; n += 1) {
    t.ok(2 * majority(n) > n && 2 * (majority(n) - 1) <= n, `N = ${n}`);
  }
});

t.test('with two rings, neither alone is enough', async (t) => {
  const rings = [
    { nodes: ['a', 'b', 'c'], required: 2 },
    { nodes: ['b', 'c', 'd'], required: 2 },
  ];
  const quorum = new Quorum(rings);
  quorum.succeed('a');
  quorum.succeed('b');
  t.equal(quorum.state, 'pending', 'the new ring has one answer');
  quorum.succeed('d');
  t.equal(quorum.state, 'reached');
  const lost = new Quorum(rings);
  for (const node of ['a', 'b']) lost.succeed(node);
  for (const node of ['c', 'd']) lost.fail(node);
  t.equal(lost.state, 'lost');
  t.equal(lost.answerOf('c'), false);
  t.equal(lost.answerOf('x'), undefined);
});
