/** Proposer and acceptor, word by word: golden transcripts (docs/consensus.md). */
import type { Dot } from '../../../lib/versioning/dot.js';
import { join } from 'node:path';
import t from 'tap';
import {
  forgetting,
  type AcceptorState,
  type Judged,
  judgeVote,
  type Judgement,
} from '../../../lib/consensus/acceptor.js';
import { rebuildingFrom } from '../../../lib/consensus/rebuilding.js';
import type { Condition, StrongOperation } from '../../../lib/consensus/decision.js';
import { valuesText } from '../../../lib/consensus/decision.js';
import type { Proposal } from '../../../lib/consensus/messages.js';
import { ProposerCore } from '../../../lib/consensus/proposer-core.js';
import { OperatingError } from '../../../lib/errors.js';
import { majority, Quorum, type Standing } from '../../../lib/replication/quorum.js';
import { type Player, playAll, stateOf } from '../coordination/transcript.js';
import {
  acceptanceOf,
  ballotOf,
  entryOf,
  idOf,
  stateOrNone,
  textOfEffect,
  textOfReply,
  textOfStored,
} from './words.js';
import { type Surroundings, WorldNode } from './world-node.js';

const FOLDER = join(process.cwd(), 'tests/unit/consensus/transcripts');

/**
 * `put x once o1 o2` (with the dots that are fixed for it), `settle x once o1 o2`;
 * `put x` `put x if v1` `put x if nothing` `delete x` `read x`
 */
function operationOf(id: string, words: readonly string[]): StrongOperation {
  const [kind, key = '', , values] = words;
  const at = words.indexOf('once');
  if (at > 0) {
    const [dot = '', end = ''] = words.slice(at + 1);
    const once = { dot: dotOf(dot), end: dotOf(end) };
    return { ...operationOf(id, words.slice(0, at)), once };
  }
  const condition: Condition =
    values === undefined
      ? { is: 'none' }
      : values === 'nothing'
        ? { is: 'absent' }
        : { is: 'match', values: [valuesText(stateOf(values))] };
  const change = {
    state: kind === 'delete' ? ('tombstone' as const) : ('value' as const),
    ...{ contentType: '', value: new Uint8Array(0), expiresAt: undefined },
    ...{ seen: undefined, epoch: 0, past: undefined },
  };
  return {
    id: Number(id),
    key,
    condition,
    change: kind === 'read' || kind === 'settle' ? undefined : change,
  };
}

/** `o1`: the first of the writer o. */
function dotOf(text: string): Dot {
  return { writer: text.slice(0, 1), n: Number(text.slice(1)) };
}

/** `a b c`: the owners, of which the first is this node. */
function proposerOf(head: string): Player {
  const nodes = head.split(' ');
  const [self = ''] = nodes;
  const core = new ProposerCore(self);
  const quorum = new Quorum([{ nodes, required: majority(nodes.length) }]);
  const least = new Map<string, number>();
  let writersMax = Number.POSITIVE_INFINITY;
  const standing: Standing = {
    stands: (node, start) => start >= (least.get(node) ?? 1),
    struck: () => undefined,
  };
  const effectsOf = ([what, ...words]: readonly string[]) => {
    const [first = '', second = '', third = '', fourth = ''] = words;
    const from = { node: first, start: least.get(first) ?? 1 };
    switch (what) {
      case 'take':
        return core.takeOver({ ballot: ballotOf(second), writer: third, quorum, standing });
      case 'promised': {
        const entries = words.slice(2).map(entryOf);
        const active = ballotOf(second);
        const page = { entries, from: '', next: undefined };
        return core.answered(from, { is: 'promised', ballot: core.ballot, active, ...page });
      }
      case 'page': {
        const [begin = '', next = ''] = third.split('..');
        const entries = words.slice(3).map(entryOf);
        const active = ballotOf(second);
        const page = { entries, from: begin, next: next === '' ? undefined : next };
        return core.answered(from, { is: 'promised', ballot: core.ballot, active, ...page });
      }
      case 'activated':
        return core.answered(from, { is: 'activated', ballot: core.ballot });
      case 'refused':
        return core.answered(from, {
          ...{ is: 'refused', ballot: core.ballot, promised: ballotOf(second) },
        });
      case 'submit':
        return core.submit(operationOf(first, words.slice(1)));
      case 'looked':
        return core.looked(first, stateOf(second), {
          ...{ hybridNow: 0, hasSeen: () => false },
          refusalFor: (change, _, { context }) => {
            const isTooLarge = change.state === 'value' && context.vector.size > writersMax;
            return isTooLarge ? new OperatingError('context_too_large', 'no room') : undefined;
          },
          refusal: undefined,
        });
      case 'writers':
        writersMax = Number(first);
        return [];
      case 'covered':
      case 'accepted':
      case 'learned':
        return core.answered(from, { is: what, key: second, id: idOf(third) });
      case 'uncovered': {
        const record = stateOf(fourth);
        return core.answered(from, { is: 'uncovered', key: second, id: idOf(third), record });
      }
      case 'repeat':
        return core.repeat();
      case 'send-unsent':
        return core.sendUnsent();
      case 'struck':
        least.set(first, 2);
        return [];
      default:
        throw new Error(`what is ${String(what)}?`);
    }
  };
  return (words) => effectsOf(words).map(textOfEffect);
}

const NOWHERE: Surroundings = {
  ...{ send: () => undefined, answered: () => undefined, voided: () => undefined },
  ...{ proposed: () => undefined, learned: () => undefined, count: () => undefined },
  refusal: () => undefined,
  nodeOf: () => {
    throw new Error('there is no other node');
  },
};

/** `KEY NUMBER STATE [on STATE] [above STATE]` */
function proposalOf([key = '', id = '', state = '', ...more]: readonly string[]): Proposal {
  const { dot, state: whole } = acceptanceOf(id, state);
  const dotsAfter = (word: string): Dot[] => {
    const text = more[more.indexOf(word) + 1];
    return more.includes(word)
      ? stateOrNone(text ?? '').versions.map((version) => version.dot)
      : [];
  };
  const [above = dot && { ...dot, n: 0 }] = dotsAfter('above');
  return { key, id: idOf(id), dot, state: whole, base: dotsAfter('on'), above };
}

function requestOf([what, ...words]: readonly string[]): Judged {
  const [first = '', second = '', third = ''] = words;
  switch (what) {
    case 'prepare':
      return { is: what, ballot: ballotOf(first), from: second };
    case 'activate':
    case 'activate-page': {
      const entries = words.slice(1).map((text) => {
        const { key, acceptance, mark, record } = entryOf(text);
        return acceptance === undefined
          ? { key, adopted: undefined, mark, record }
          : { key, adopted: acceptance };
      });
      const isLast = what === 'activate';
      return { is: 'activate', ballot: ballotOf(first), entries, isLast };
    }
    case 'check':
      return { is: what, proposal: proposalOf(words) };
    case 'accept':
      return { is: what, proposal: proposalOf(words), start: 1 };
    case 'accept-of-before':
      return { is: 'accept', proposal: proposalOf(words), start: 0 };
    case 'learn':
    case 'learn-settled': {
      const state = third === 'held' || third === 'absent' ? third : stateOrNone(third);
      const isSettled = what === 'learn-settled';
      return { is: 'learn', key: first, id: idOf(second), state, isSettled };
    }
    case 'forget':
      return { is: what, key: first, id: idOf(second) };
    default:
      throw new Error(`what is ${String(what)}?`);
  }
}

/** An owner that holds nothing yet. */
function acceptorOf(): Player {
  const node = new WorldNode('c', NOWHERE);
  const other = new WorldNode('b', NOWHERE);
  const textsOf = ({ changes, reply, isSynced }: Judgement): string[] => {
    node.store(changes);
    const answer = reply === undefined ? [] : [textOfReply(reply) + (isSynced ? ', synced' : '')];
    const said = [...changes.map(textOfStored), ...answer];
    return said.length === 0 ? ['nothing'] : said;
  };
  return (words) => {
    const [what, first = '', second = ''] = words;
    if (what === 'forget-ballot') {
      const changes = forgetting(ballotOf(first), node.marks);
      return textsOf({ changes, reply: undefined, isSynced: false });
    }
    const held: AcceptorState = node.held();
    switch (what) {
      case 'holds':
        node.merge(first, stateOrNone(second));
        return [];
      case 'collects':
        node.records.delete(first);
        return [];
      case 'vote':
        return textsOf(judgeVote(held, proposalOf(words.slice(1))));
      case 'other':
        other.store(other.answering(requestOf(words.slice(1))).changes);
        return [];
      case 'rebuild': {
        const { promised, active } = other;
        const entries = other.entries();
        const changes = rebuildingFrom(held, { promised, active, entries });
        return textsOf({ changes, reply: undefined, isSynced: false });
      }
      default:
        return textsOf(node.answering(requestOf(words)));
    }
  };
}

t.test('proposers do what the transcripts say', async (t) => {
  playAll(t, 'proposer', proposerOf, FOLDER);
});

t.test('acceptors do what the transcripts say', async (t) => {
  playAll(t, 'acceptor', acceptorOf, FOLDER);
});
