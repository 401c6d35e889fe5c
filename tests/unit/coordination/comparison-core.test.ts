/** The course of a background repair: golden transcripts, and laws over any order of answers. */
import fc from 'fast-check';
import t from 'tap';
import {
  ComparisonCore,
  type ComparisonEffect,
} from '../../../lib/coordination/read/comparison-core.js';
import { ALL_STAND } from '../../../lib/replication/quorum.js';
import type { Want } from '../../../lib/rpc/hot-messages.js';
import { mergeAll } from '../../../lib/versioning/siblings.js';
import { copyOf, given, type Player, playAll, stateOf, textOf } from './transcript.js';

const HELD = { start: 1, fate: undefined };

/** `promised` at the end of the head: its failures are told. */
function coreOf(head: string): ComparisonCore {
  const { plan, flags } = given(head.includes(' at ') ? head : `${head} at all`);
  const isPromised = flags.has('promised');
  return new ComparisonCore({ plan, timeoutMilliseconds: 1000, standing: ALL_STAND, isPromised });
}

function textOfEffect(effect: ComparisonEffect): string {
  switch (effect.do) {
    case 'ask':
      return `ask ${effect.node}: ${effect.want}, ${effect.atLeast}`;
    case 'repair': {
      const behind = effect.versionsBehind === undefined ? '' : `, ${effect.versionsBehind} behind`;
      return `repair ${effect.node} with ${textOf(effect.merged)}${behind}`;
    }
    case 'repair failed':
      return `repair of ${effect.node} failed`;
    case 'done':
      return 'compared';
  }
}

/** The events of a script, given to a core. */
function playerOf(head: string): Player {
  const core = coreOf(head);
  const wants = new Map<string, Want>();
  const done: Record<string, (words: readonly string[]) => readonly ComparisonEffect[]> = {
    begin: () => core.begin(),
    // > said ROUND NODE STATE
    said: ([round = '', node = '', text = '']) => {
      return core.said(Number(round), copyOf(node, wants.get(`${round} ${node}`) ?? 'full', text));
    },
    failed: ([round = '', node = '']) => core.failed(Number(round), node),
    held: ([node = '']) => core.repaired(0, node, HELD),
    'not-held': ([node = '']) => core.repaired(0, node, undefined),
    // > at MILLISECONDS: time has passed
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
  playAll(t, 'comparison', playerOf);
});

const NODES = ['a', 'b', 'c'];

type Repair = Extract<ComparisonEffect, { do: 'repair' }>;

/** A comparison under way, of nodes that hold what is given. */
class Run {
  readonly core: ComparisonCore;
  readonly #holds: readonly string[];
  readonly #open: ((isLost: boolean) => readonly ComparisonEffect[])[] = [];
  readonly repairs: Repair[] = [];
  /** What was said in full, by node. */
  readonly full = new Map<string, string>();
  /** Which repairs were acknowledged, or have failed. */
  readonly ended = new Set<string>();
  ends = 0;

  constructor(head: string, holds: readonly string[]) {
    this.core = coreOf(head);
    this.#holds = holds;
    this.#take(this.core.begin());
  }

  /** One of those that were asked answers, or fails. */
  step(choice: number): void {
    const [event] = this.#open.splice(choice % Math.max(1, this.#open.length), 1);
    if (event !== undefined) this.#take(event(choice % 5 === 4));
  }

  expire(): void {
    this.core.now = 1000;
    if (!this.core.isDone) this.#take(this.core.elapsed());
  }

  #take(effects: readonly ComparisonEffect[]): void {
    for (const effect of effects) {
      if (effect.do === 'done') this.ends += 1;
      else if (effect.do === 'repair failed') this.ended.add(effect.node);
      else if (effect.do === 'ask') {
        this.#open.push((isLost) => this.#answer(effect.round, effect.node, effect.want, isLost));
      } else {
        this.repairs.push(effect);
        this.#open.push((isLost) => this.#store(effect, isLost));
      }
    }
  }

  #answer(round: number, node: string, want: Want, isLost: boolean): readonly ComparisonEffect[] {
    if (isLost) return this.core.failed(round, node);
    const text = this.#holds[NODES.indexOf(node)] ?? '-';
    if (want === 'full') this.full.set(node, text);
    return this.core.said(round, copyOf(node, want, text));
  }

  #store({ repair, node }: Repair, isLost: boolean): readonly ComparisonEffect[] {
    if (isLost) return this.core.repaired(repair, node, undefined);
    this.ended.add(node);
    return this.core.repaired(repair, node, HELD);
  }
}

t.test('it ends once, and each replica that lagged has the merge or has failed', async () => {
  const runs = fc.tuple(
    fc.array(fc.constantFrom('-', 'x1', 'y1', 'x1+y1', 'z1!'), { minLength: 3, maxLength: 3 }),
    fc.array(fc.nat(1000), { maxLength: 20 }),
    fc.boolean(),
  );
  const law = fc.property(runs, ([holds, choices, isDown]) => {
    const run = new Run(isDown ? 'a b c!' : 'a b c', holds);
    for (const choice of choices) if (!run.core.isDone) run.step(choice);
    run.expire();
    const { core, repairs, full, ended, ends } = run;
    const merged = textOf(mergeAll([...full.values()].flatMap((text) => stateOf(text) ?? [])));
    const lagging = NODES.filter((node) => full.has(node) && full.get(node) !== merged);
    const isWhole = repairs.every((repair) => textOf(repair.merged) === merged);
    const repaired = repairs.map(({ node }) => node).sort();
    const isToThem = repairs.length === 0 || repaired.join() === lagging.join();
    return ends === 1 && core.isDone && isWhole && isToThem && ended.size === repairs.length;
  });
  fc.assert(law, { numRuns: 5000 });
});
