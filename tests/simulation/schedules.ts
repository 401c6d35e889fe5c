/** Cuts with a name: who is cut from whom, and when. The scenarios of a partition, as a table. */
import type { NodeLimits } from '../../lib/node-options.js';

/** A direction in which nothing arrives. */
export type Direction = readonly [from: string, to: string];

export interface Phase {
  readonly milliseconds: number;
  readonly cuts: readonly Direction[];
  /**
   * Sides whose nodes are asked for every level once all have noticed the cut, and held to what
   * the ring says; none: too short for that.
   */
  readonly sides: Readonly<Record<string, readonly string[]>>;
}

export interface Schedule {
  readonly nodes: number;
  readonly phases: readonly Phase[];
  readonly limits?: Partial<NodeLimits>;
  readonly tombstoneRetentionSeconds?: number;
}

/** A cut is noticed when heartbeats are missed, and then the sides are asked. */
const LONG_MILLISECONDS = 8000;
const MOMENT_MILLISECONDS = 200;

function apart(...sides: readonly (readonly string[])[]): Direction[] {
  return sides.flatMap((side, index) =>
    sides
      .filter((_, other) => other !== index)
      .flatMap((other) => side.flatMap((from) => other.map((to) => [from, to] as const))),
  );
}

function lasting(
  cuts: readonly Direction[],
  sides: Readonly<Record<string, readonly string[]>>,
): Phase {
  return { milliseconds: LONG_MILLISECONDS, cuts, sides };
}

function split(sides: Readonly<Record<string, readonly string[]>>): Phase {
  return lasting(apart(...Object.values(sides)), sides);
}

const healed: Phase = { milliseconds: MOMENT_MILLISECONDS, cuts: [], sides: {} };
const flap: Phase = {
  milliseconds: MOMENT_MILLISECONDS,
  cuts: apart(['n1', 'n2', 'n3'], ['n4', 'n5']),
  sides: {},
};

/** Nobody holds a hint: exchanges alone must do. */
const NO_HINTS = { hintsBytesMax: 0 };

export const SCHEDULES = {
  'halves of five': {
    nodes: 5,
    phases: [split({ three: ['n1', 'n2', 'n3'], two: ['n4', 'n5'] })],
  },
  'halves of five, no hints': {
    nodes: 5,
    phases: [{ ...split({ three: ['n1', 'n2', 'n3'], two: ['n4', 'n5'] }), sides: {} }],
    limits: NO_HINTS,
  },
  'halves of four': {
    nodes: 4,
    phases: [split({ two: ['n1', 'n2'], 'two more': ['n3', 'n4'] })],
  },
  'an isolated node of three': {
    nodes: 3,
    phases: [split({ alone: ['n1'], others: ['n2', 'n3'] })],
  },
  'an isolated node of three, no hints': {
    nodes: 3,
    phases: [split({ alone: ['n1'], others: ['n2', 'n3'] })],
    limits: NO_HINTS,
  },
  'each node isolated in turn': {
    nodes: 3,
    phases: [
      split({ alone: ['n1'], others: ['n2', 'n3'] }),
      split({ alone: ['n2'], others: ['n1', 'n3'] }),
      split({ alone: ['n3'], others: ['n1', 'n2'] }),
    ],
  },
  'everybody alone': {
    nodes: 3,
    phases: [split({ n1: ['n1'], n2: ['n2'], n3: ['n3'] })],
  },
  'a bridge between halves': {
    nodes: 5,
    phases: [
      lasting(apart(['n1', 'n2'], ['n3', 'n4']), {
        left: ['n1', 'n2'],
        right: ['n3', 'n4'],
        bridge: ['n5'],
      }),
    ],
  },
  'a node that nobody hears': {
    nodes: 3,
    phases: [
      lasting(
        [
          ['n1', 'n2'],
          ['n1', 'n3'],
        ],
        { unheard: ['n1'], others: ['n2', 'n3'] },
      ),
    ],
  },
  'a node that hears nobody': {
    nodes: 3,
    phases: [
      lasting(
        [
          ['n2', 'n1'],
          ['n3', 'n1'],
        ],
        { deaf: ['n1'], others: ['n2', 'n3'] },
      ),
    ],
  },
  'links that come and go every 200 ms': {
    nodes: 5,
    phases: Array.from({ length: 15 }, () => [flap, healed]).flat(),
  },
  'a replica away for longer than tombstones are kept': {
    nodes: 3,
    phases: [split({ others: ['n1', 'n2'], away: ['n3'] })],
    limits: { ...NO_HINTS, collectIntervalMilliseconds: 100 },
    tombstoneRetentionSeconds: 0,
  },
} as const satisfies Readonly<Record<string, Schedule>>;

export type ScheduleName = keyof typeof SCHEDULES;
