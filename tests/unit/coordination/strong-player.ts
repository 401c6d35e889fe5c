/** Plays scripts of operations at `strong` against their core (transcript.ts). */
import type { ReadReport } from '../../../lib/consensus/strong-read.js';
import { StrongCore } from '../../../lib/coordination/strong/strong-core.js';
import type {
  Handled,
  StrongEffect,
  StrongResult,
} from '../../../lib/coordination/strong/strong-effects.js';
import { majorityOf } from '../../../lib/replication/plan.js';
import { ALL_STAND } from '../../../lib/replication/quorum.js';
import { EMPTY_CONTEXT } from '../../../lib/versioning/context.js';
import type { Siblings } from '../../../lib/versioning/siblings.js';
import { errorOf, errorText, given, type Player, stateOf, textOf } from './transcript.js';

/** What the rest of its node knows, and a script changes. */
interface Known {
  /** Who is the proposer; empty: nobody knows. */
  proposer: string;
  readonly down: Set<string>;
  /** Nodes that were heard of since they were asked, though they did not answer. */
  readonly heard: Set<string>;
}

/** Milliseconds; those of a whole operation are 1000. */
const SILENCE = 250;
const PATIENCE = 50;

export function knownIn(head: string): Known {
  const proposer = /proposer=(\w*)/.exec(head)?.[1] ?? '';
  return { proposer, down: new Set(), heard: new Set() };
}

/**
 * `write once decides forwarded takes-over ends`, in any order, after the levels; else a read.
 * `ends`: it holds a value whose end is near.
 */
export function coreOf(head: string, known: Known = knownIn(head)): StrongCore {
  const { plan, flags } = given(head);
  const isRead = !flags.has('write') && !flags.has('once');
  return new StrongCore({
    ...{ plan, quorum: majorityOf(plan), standing: ALL_STAND, isRead },
    ...{ mayRepeat: isRead || flags.has('once'), decides: flags.has('decides') },
    ...{ isForwarded: flags.has('forwarded'), takesOver: flags.has('takes-over') },
    ...{ timeoutMilliseconds: 1000, silenceMilliseconds: SILENCE, patience: () => PATIENCE },
    proposer: () => known.proposer,
    isUp: (node) => !known.down.has(node),
    isSilent: (node) => !known.heard.has(node),
    mayHaveEnded: () => flags.has('ends'),
    fraction: () => 0.5,
  });
}

/** @param flags `busy`: an operation is under way; `promised=x`: to another than the proposer */
export function reportOf(
  node: string,
  record: Siblings | undefined,
  proposer: string,
  flags: readonly string[] = [],
): ReadReport {
  const other = flags.find((flag) => flag.startsWith('promised='))?.slice('promised='.length);
  const promised = { round: 3, node: other ?? proposer, start: 1 };
  return {
    ...{ from: { node, start: 1 }, promised, isActive: node === promised.node },
    ...{ isBusy: flags.includes('busy'), record, acceptance: undefined },
  };
}

const DOT = { writer: 'w', n: 1 };
const APPLIED: StrongResult = {
  ...{ is: 'applied', dot: DOT, stamp: 1, context: EMPTY_CONTEXT, replaced: [] },
};

/** `applied`, `read x1`, `unmet x1`, `settled x1`, `elsewhere x`, `lost`. */
function handledOf([is = '', text = '-']: readonly string[]): Handled {
  switch (is) {
    case 'elsewhere':
      return { is, proposer: text === '-' ? '' : text };
    case 'lost':
      return { is, dot: DOT, ballot: { round: 3, node: 'a', start: 1 }, decided: undefined };
    case 'read':
    case 'unmet':
      return { is, record: stateOf(text) };
    case 'settled':
      return { is, as: 'applied', record: stateOf(text) };
    default:
      return APPLIED;
  }
}

export function textOfEffect(effect: StrongEffect): string {
  switch (effect.do) {
    case 'ask':
      return `ask ${effect.node}`;
    case 'execute':
      return 'decide here';
    case 'propose': {
      const how = [effect.decide ? ', to be decided' : '', effect.takeOver ? ', taking over' : ''];
      return `propose to ${effect.node}${how.join('')}`;
    }
    case 'inquire':
      return 'ask what became of it';
    case 'suspect':
      return `suspect ${effect.node}`;
    case 'elsewhere':
      return 'name the proposer';
    case 'answer': {
      const { result, answered } = effect;
      const held = 'record' in result ? ` ${textOf(result.record)}` : '';
      return `answer ${result.is}${held}, of ${answered}`;
    }
    case 'refuse':
      return `refuse: ${errorText(effect.error)}`;
    case 'count read':
      return `count a read: ${effect.result}`;
    case 'count contention':
      return `count contention: ${effect.reason}`;
    case 'count hedges':
      return `hedge ${effect.count}`;
  }
}

export function playerOf(head: string): Player {
  const known = knownIn(head);
  const core = coreOf(head, known);
  const done: Record<string, (words: readonly string[]) => readonly StrongEffect[]> = {
    begin: () => core.begin(),
    // > reported NODE STATE [busy] [promised=NODE]
    reported: ([node = '', text = '-', ...flags]) =>
      core.reported(reportOf(node, stateOf(text), known.proposer, flags)),
    'not-reported': ([node = '', code = '']) => core.notReported(node, errorOf(code, 'unknown')),
    // > executed RESULT
    executed: (words) => core.executed(handledOf(words)),
    // > not-executed CODE OUTCOME
    'not-executed': ([code = '', outcome = '']) => core.notExecuted(errorOf(code, outcome)),
    // > proposed NODE RESULT
    proposed: ([node = '', ...words]) => core.proposed(node, handledOf(words)),
    // > not-proposed NODE CODE OUTCOME
    'not-proposed': ([node = '', code = '', outcome = '']) =>
      core.notProposed(node, errorOf(code, outcome)),
    // > inquired [dead | unknown | applied]
    inquired: ([what = '']) => {
      if (what === 'dead') return core.inquired(undefined);
      return core.inquired(what === 'applied' ? APPLIED : errorOf('outcome_unknown', 'unknown'));
    },
    // The node learns who is the proposer; that a node is down; that one spoke since it was asked.
    named: ([node = '']) => {
      known.proposer = node;
      return [];
    },
    down: ([node = '']) => {
      known.down.add(node);
      return [];
    },
    heard: ([node = '']) => {
      known.heard.add(node);
      return [];
    },
    at: ([milliseconds = '']) => {
      core.now = Number(milliseconds);
      return core.now >= core.wakesAt ? core.elapsed() : [];
    },
  };
  return ([event = '', ...words]) => {
    const said = (done[event]?.(words) ?? []).map(textOfEffect);
    return core.isDone ? [...said, 'done'] : said;
  };
}
