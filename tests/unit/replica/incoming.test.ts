/** What becomes of copies that come together: golden transcripts, and laws over any group. */
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { OperatingError } from '../../../lib/errors.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { encodeRecord } from '../../../lib/persistence/records.js';
import type { Room } from '../../../lib/persistence/store.js';
import {
  type Arrival,
  type Decision,
  decide,
  type StoredState,
} from '../../../lib/replica/incoming.js';
import type { Dot } from '../../../lib/versioning/dot.js';
import { dotText } from '../../../lib/versioning/dot.js';
import { PartitionClock } from '../../../lib/versioning/partition-clock.js';
import { isNothing, merge, type Siblings } from '../../../lib/versioning/siblings.js';
import { type Player, playAll, stateOf, textOf } from '../coordination/transcript.js';
import { anyDot, anySiblings, plainSiblings } from '../versioning/arbitraries.js';

const ROOM: Room = { refusal: undefined, shrinkingRefusal: undefined, bytesLeft: 1_000_000 };
const READ_ONLY = new OperatingError('read_only', 'the disk is nearly full');

type Copy = readonly [key: string, incoming: Siblings];

/** What a replica holds of some keys: each has a clock of its own, as if of its own partition. */
class World {
  readonly records = new Map<string, Siblings>();
  readonly clocks = new Map<string, PartitionClock>();
  readonly collected = new Set<string>();
  isRefilling = false;
  room = ROOM;

  clockOf(key: string): PartitionClock {
    const clock = this.clocks.get(key) ?? new PartitionClock();
    this.clocks.set(key, clock);
    return clock;
  }

  /** Decides the copies as one group, and takes what is to be taken. */
  take(copies: readonly Copy[]): Decision[] {
    const decisions = decide(this.arrivals(copies), this.room);
    for (const [i, decision] of decisions.entries()) {
      const key = copies[i]?.[0] ?? '';
      if (decision.do !== 'store' && decision.do !== 'keep') continue;
      for (const dot of decision.dots) this.clockOf(key).add(dot);
      if (decision.do === 'store') this.records.set(key, decision.held.siblings);
    }
    return decisions;
  }

  arrivals(copies: readonly Copy[]): Arrival[] {
    return copies.map(([key, incoming]) => this.#arrivalOf(key, incoming));
  }

  /** To compare worlds by. */
  get plain(): unknown {
    const records = [...this.records].map(([key, state]) => [key, plainSiblings(state)]);
    const clocks = [...this.clocks].map(([key, clock]) => [key, clock.toPlain()]);
    return { records: records.sort(), clocks: clocks.sort() };
  }

  #arrivalOf(key: string, incoming: Siblings): Arrival {
    const at = recordKey('default', key, 1);
    const held = (siblings: Siblings): StoredState => ({
      siblings,
      bytes: encodeRecord(at, siblings),
    });
    const own = this.records.get(key);
    return {
      at,
      incoming: held(incoming),
      own: own === undefined ? undefined : held(own),
      clock: this.clockOf(key),
      isRefilling: this.isRefilling,
      collected: { has: (_, dot: Dot) => this.collected.has(dotText(dot)) },
      dropped: new Set(),
    };
  }
}

/** Of one decision: all that it says, but for the place in its group. */
function plainDecision(decision: Decision): unknown {
  if (decision.do === 'ask') return ['ask', decision.dots.map(dotText)];
  if (decision.do === 'refuse') return ['refuse', decision.error.code];
  const { superseded, collected, fate, held, dots } = decision;
  const state = held === undefined ? undefined : plainSiblings(held.siblings);
  return [decision.do, state, superseded, collected, fate ?? '', dots.map(dotText)];
}

const KEYS = ['k', 'l'] as const;

const anyCopies = fc.array(fc.tuple(fc.constantFrom(...KEYS), anySiblings), { maxLength: 5 });

const anyWorld = fc
  .record({
    records: fc.array(fc.tuple(fc.constantFrom(...KEYS), anySiblings), { maxLength: 2 }),
    seen: fc.array(fc.tuple(fc.constantFrom(...KEYS), anyDot), { maxLength: 6 }),
    collected: fc.array(anyDot, { maxLength: 2 }),
    isRefilling: fc.boolean(),
    isReadOnly: fc.boolean(),
  })
  .map(({ records, seen, collected, isRefilling, isReadOnly }) => (): World => {
    const world = new World();
    for (const [key, state] of records) world.records.set(key, state);
    for (const [key, dot] of seen) world.clockOf(key).add(dot);
    for (const dot of collected) world.collected.add(dotText(dot));
    world.isRefilling = isRefilling;
    if (isReadOnly) world.room = { ...ROOM, refusal: READ_ONLY };
    return world;
  });

t.test('a group does what its copies would do one after the other', async () => {
  fc.assert(
    fc.property(anyWorld, anyCopies, (worldOf, copies) => {
      const [together, alone] = [worldOf(), worldOf()];
      const decided = together.take(copies).map(plainDecision);
      const each = copies.flatMap((copy) => alone.take([copy])).map(plainDecision);
      return (
        JSON.stringify(decided) === JSON.stringify(each) &&
        JSON.stringify(together.plain) === JSON.stringify(alone.plain)
      );
    }),
    { numRuns: 10_000 },
  );
});

t.test('what is put off or refused leaves no trace in what its neighbours come to', async () => {
  fc.assert(
    fc.property(anyWorld, anyCopies, (worldOf, copies) => {
      const decided = worldOf().take(copies);
      const taken = ({ do: what }: Decision): boolean => what === 'store' || what === 'keep';
      const others = copies.filter((_, i) => taken(decided[i] as Decision));
      const without = worldOf().take(others).map(plainDecision);
      return JSON.stringify(decided.filter(taken).map(plainDecision)) === JSON.stringify(without);
    }),
    { numRuns: 10_000 },
  );
});

t.test('where nothing was seen before, a copy is merged', async () => {
  fc.assert(
    fc.property(fc.array(anySiblings, { minLength: 2, maxLength: 4 }), (states) => {
      const world = new World();
      world.isRefilling = true;
      world.take(states.map((state) => ['k', state] as const));
      // Before anything is held, a state of nothing leaves no record.
      const [first, ...others] = states.slice(states.findIndex((state) => !isNothing(state)));
      if (states.every(isNothing)) return !world.records.has('k');
      const held = world.records.get('k');
      if (held === undefined || first === undefined) return false;
      const merged = others.reduce((all, state) => merge(all, state), first);
      return JSON.stringify(plainSiblings(held)) === JSON.stringify(plainSiblings(merged));
    }),
    { numRuns: 2_000 },
  );
});

t.test('deciding changes nothing', async () => {
  fc.assert(
    fc.property(anyWorld, anyCopies, (worldOf, copies) => {
      const world = worldOf();
      const arrivals = world.arrivals(copies);
      const before = JSON.stringify(world.plain);
      const [first, second] = [arrivals, arrivals].map((all) => decide(all, world.room));
      const plain = (decisions: readonly Decision[] = []): string =>
        JSON.stringify(decisions.map(plainDecision));
      return JSON.stringify(world.plain) === before && plain(first) === plain(second);
    }),
    { numRuns: 1_000 },
  );
});

t.test('what finds no room is refused from there on; what adds nothing needs none', (t) => {
  const world = new World();
  const states = ['x1', 'y1', 'z1'].map((text) => stateOf(text) as Siblings);
  const [x, y, z] = states as [Siblings, Siblings, Siblings];
  world.take([['k', x]]);
  world.room = { ...ROOM, bytesLeft: 0 };
  const did = world.take([
    ['l', x],
    ['l', y],
    ['k', x],
    ['l', z],
  ]);
  t.strictSame(
    did.map(({ do: what }) => what),
    ['store', 'refuse', 'keep', 'refuse'],
  );
  t.equal(did[1]?.do === 'refuse' && did[1].error.code, 'overloaded');
  t.end();
});

/** `k=x1 l=- seen k:x1 l:y2`: records, then what the clocks have seen beyond them. */
function playerOf(head: string): Player {
  const world = new World();
  const [records = '', seen = ''] = head.split(' seen ');
  for (const [key, text] of pairs(records.split(' '), '=')) {
    const state = stateOf(text);
    if (state === undefined) continue;
    world.records.set(key, state);
    for (const { dot } of state.versions) world.clockOf(key).add(dot);
  }
  for (const [key, text] of pairs(seen === '' ? [] : seen.split(' '), ':')) {
    for (const { dot } of stateOf(text)?.versions ?? []) world.clockOf(key).add(dot);
  }
  const done: Record<string, () => readonly string[]> = {
    rebuild: () => {
      world.isRefilling = true;
      return ['nothing is known any more'];
    },
    'no-room': () => {
      world.room = { ...ROOM, refusal: READ_ONLY };
      return ['only what shrinks is taken'];
    },
  };
  return ([name = '', ...copies]) => {
    if (name !== 'group') return done[name]?.() ?? [];
    const group = pairs(copies, '=').map(([key, text]) => [key, stateOf(text)] as const);
    const decisions = world.take(group as Copy[]);
    return decisions.map((decision, i) => `${copies[i]}: ${textOfDecision(decision)}`);
  };
}

function pairs(words: readonly string[], sign: string): [string, string][] {
  return words.map((word) => {
    const [key = '', text = ''] = word.split(sign);
    return [key, text];
  });
}

function textOfDecision(decision: Decision): string {
  const onto = decision.after < 0 ? '' : `, on what copy ${decision.after + 1} came to`;
  switch (decision.do) {
    case 'ask':
      return `ask the owners about ${decision.dots.map(({ writer, n }) => `${writer}${n}`)}${onto}`;
    case 'refuse':
      return `refuse: ${decision.error.code}${onto}`;
    default: {
      const { fate, superseded, collected, held } = decision;
      const facts = [
        ...(superseded > 0 ? [`${superseded} superseded`] : []),
        ...(collected > 0 ? [`${collected} collected`] : []),
        ...(fate === undefined ? [] : [`a value of it is ${fate}`]),
      ].map((fact) => `, ${fact}`);
      return `${decision.do} ${textOf(held?.siblings)}${onto}${facts.join('')}`;
    }
  }
}

t.test('golden transcripts', async (t) => {
  playAll(t, 'group', playerOf, join(process.cwd(), 'tests/unit/replica/transcripts'));
});
