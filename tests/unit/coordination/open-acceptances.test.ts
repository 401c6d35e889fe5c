/** What is accepted and not learned is settled for a list: some keys at once, by a deadline. */
import t from 'tap';
import { OpenAcceptances } from '../../../lib/coordination/strong/open-acceptances.js';
import { OperatingError } from '../../../lib/errors.js';
import { type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import { acceptanceOf, stateOrNone } from '../consensus/words.js';
import { ManualClock } from '../fakes.js';

/** Keys with an acceptance each; of those that are held, the record has it already. */
function openOf(
  keys: readonly string[],
  settle: (at: RecordKey, deadline: number) => Promise<void>,
) {
  const clock = new ManualClock();
  const held = new Set<string>();
  const settled: string[] = [];
  const acceptor = {
    accepted: () => keys.map((key) => recordKey('default', key, 16)),
    hasAcceptance: () => true,
    heldOf: ({ key }: RecordKey) => {
      if (key === 'rebuilding') throw new OperatingError('rebuilding', 'a test');
      const record = stateOrNone(held.has(key) ? 'v2' : 'v1');
      return { acceptance: acceptanceOf('1b/1', 'v2'), record, mark: undefined };
    },
  };
  const strong = {
    settleFirst: async (at: RecordKey, deadline: number) => {
      settled.push(at.key);
      await settle(at, deadline);
      return undefined;
    },
  };
  const open = new OpenAcceptances({ acceptor, strong, clock, replica: {} } as never);
  return { open, held, settled, clock };
}

const ALL = (): boolean => true;
const named = (count: number): string[] => Array.from({ length: count }, (_, i) => `k${i}`);

t.test('what the records hold already is left out, however much it is', async (t) => {
  const { open, held } = openOf([...named(300), 'open', 'rebuilding'], async () => undefined);
  for (const key of named(300)) held.add(key);
  const keysOf = (isAsked: (at: RecordKey) => boolean) =>
    open.unsettled(isAsked).map((at) => at.key);
  t.strictSame(keysOf(ALL), ['open', 'rebuilding'], 'what cannot be read may tell anything');
  t.strictSame(
    keysOf(({ key }) => key !== 'open'),
    ['rebuilding'],
  );
});

t.test('all are settled, a hundred at once', async (t) => {
  let under = 0;
  let most = 0;
  const { open, settled } = openOf(named(250), async () => {
    under += 1;
    most = Math.max(most, under);
    await Promise.resolve();
    under -= 1;
  });
  const keys = open.unsettled(ALL);
  t.match(await open.settleAmong(keys, 1000), { tried: 250, obstructed: new Set() });
  t.strictSame(settled, named(250));
  t.equal(most, 100);
});

t.test('no round begins in the second half of the time, and each has an end', async (t) => {
  const deadlines = new Set<number>();
  const { open, settled, clock } = openOf(named(400), async (_at, deadline) => {
    deadlines.add(deadline);
    await new Promise<void>((resolve) => clock.after(300, resolve));
  });
  const settling = open.settleAmong(open.unsettled(ALL), 1000);
  for (let i = 0; i < 10; i += 1) await clock.advance(100);
  t.match(await settling, { tried: 200 }, 'at 0 and at 300 ms');
  t.equal(settled.length, 200);
  t.strictSame([...deadlines], [800], 'the answer has to come in time');
});

t.test('a partition in which one cannot be settled is obstructed', async (t) => {
  const keys = named(200);
  const { open, settled } = openOf([...keys, 'rebuilding'], async ({ key }) => {
    if (key === 'k0') throw new OperatingError('deadline_passed', 'a test');
  });
  const { obstructed, tried } = await open.settleAmong(open.unsettled(ALL), 1000);
  const partitionOf = (key: string): number => recordKey('default', key, 16).partition;
  t.strictSame(obstructed, new Set([partitionOf('k0'), partitionOf('rebuilding')]));
  t.equal(tried, 201);
  const inVain = keys.slice(100).filter((key) => partitionOf(key) === partitionOf('k0'));
  t.ok(inVain.length > 0 && inVain.every((key) => !settled.includes(key)), 'nor tried again');
});
