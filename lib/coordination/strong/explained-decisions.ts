/**
 * Decisions of a proposer that say how they came about: its ballot, its rounds, what its acceptors
 * said. One core decides for many operations: those that are explained are watched by their keys.
 */
import type { StrongOperation } from '../../consensus/decision.js';
import type { AcceptorReply, KeyText, Proposal, PromiseEntry } from '../../consensus/messages.js';
import type { ProposerCore } from '../../consensus/proposer-core.js';
import type { NodeId } from '../../environment/transport.js';
import { dotText } from '../../versioning/dot.js';
import type { PartitionEffect } from './partition-proposer.js';
import type { Course, Explanation, ShownMembers, Step } from '../request/explanation.js';
import { ballotText, proposalText, stateShown } from '../request/shown.js';

interface Watched {
  readonly operation: StrongOperation;
  readonly course: Course;
  /** Is it its turn on its key? */
  isOpen: boolean;
  rounds: number;
  readonly steps: Map<string, Step | undefined>;
}

type Proposing = Extract<PartitionEffect, { do: 'accept' | 'vote' }> | CheckEffect;
interface CheckEffect {
  readonly do: 'check';
  readonly node: NodeId;
  readonly proposal: Proposal;
}

export class ExplainedDecisions {
  readonly #self: NodeId;
  readonly #core: ProposerCore;
  readonly #watched: Watched[] = [];

  constructor(self: NodeId, core: ProposerCore) {
    this.#self = self;
    this.#core = core;
  }

  /** Before the operation is submitted. */
  watch(operation: StrongOperation, explanation: Explanation): void {
    const { phase, ballot } = this.#core;
    const course = explanation.begin('decision', {
      operation: operation.change === undefined ? 'read' : 'write',
      condition: operation.condition.is === 'none' ? undefined : operation.condition.is,
      phase,
      ballot: ballotText(ballot),
    });
    const isOpen = this.#core.openOn(operation.key) === undefined;
    if (!isOpen) course.note('wait', { because: 'another operation on the key is under way' });
    this.#watched.push({ operation, course, isOpen, rounds: 0, steps: new Map() });
  }

  /** What an acceptor says. Before the core gets it. */
  heard(node: NodeId, reply: AcceptorReply): void {
    if (this.#watched.length === 0) return;
    switch (reply.is) {
      case 'promised':
        this.#toAll(`prepare ${node}`, (key) => promiseShown(reply.entries, key));
        break;
      case 'refused':
        for (const did of ['prepare', 'activate']) {
          this.#toAll(`${did} ${node}`, () => ({ refused: ballotText(reply.promised) }));
        }
        break;
      case 'activated':
        this.#toAll(`activate ${node}`, () => ({ activated: true }));
        break;
      case 'uncovered':
        for (const did of ['check', 'accept']) {
          const shown = { not_met: true, ...stateShown(reply.record) };
          this.#to(reply.key, `${did} ${proposalText(reply.id)} ${node}`, shown);
        }
        break;
      case 'covered':
        this.#to(reply.key, `check ${proposalText(reply.id)} ${node}`, { met: true });
        break;
      case 'accepted':
        this.#to(reply.key, `accept ${proposalText(reply.id)} ${node}`, { accepted: true });
        break;
      case 'learned':
        break;
    }
  }

  /** What the core says is to be done. */
  saw(effect: PartitionEffect): void {
    if (this.#watched.length === 0) return;
    switch (effect.do) {
      case 'send': {
        const { node, request } = effect;
        if (request.is === 'prepare') this.#askAll('prepare', node, ballotText(request.ballot));
        if (request.is === 'check') {
          this.#proposing({ do: 'check', node, proposal: request.proposal });
        }
        break;
      }
      case 'activate':
        this.#askAll('activate', effect.node, ballotText(effect.ballot));
        break;
      case 'look':
        this.#open(effect.key);
        break;
      case 'accept':
      case 'vote':
        this.#proposing(effect);
        break;
      case 'campaign':
        for (const { course } of this.#watched) course.note('take over');
        break;
      case 'count':
        this.#count(effect.what);
        break;
      case 'answer':
        this.#end(effect.operation, effect.result.is);
        break;
      case 'expire':
        this.#end(effect.operation, 'late');
        break;
      default:
    }
  }

  /** Its next round, or its first. */
  #open(key: KeyText): void {
    for (const watched of this.#watched) {
      if (watched.operation.key !== key || !this.#isTurnOf(watched)) continue;
      watched.isOpen = true;
      watched.rounds += 1;
      watched.course.note('decide', { round: watched.rounds, on: this.#self });
    }
  }

  #isTurnOf({ operation: { key, id } }: Watched): boolean {
    return this.#core.openOn(key)?.operation.id === id;
  }

  #proposing(effect: Proposing): void {
    const { proposal } = effect;
    const node = effect.do === 'vote' ? this.#self : effect.node;
    const did = effect.do === 'check' ? 'check' : 'accept';
    const place = proposalText(proposal.id);
    for (const watched of this.#watched) {
      if (watched.operation.key !== proposal.key || !this.#isTurnOf(watched)) continue;
      const { dot } = proposal;
      const shown = {
        proposal: place,
        version: dot === undefined ? undefined : dotText(dot),
        changes_nothing: dot === undefined || undefined,
      };
      watched.steps.set(`${did} ${place} ${node}`, watched.course.ask(did, node, shown));
    }
  }

  #askAll(did: string, node: NodeId, ballot: string): void {
    for (const { course, steps } of this.#watched) {
      steps.set(`${did} ${node}`, course.ask(did, node, { ballot }));
    }
  }

  #toAll(question: string, shownFor: (key: KeyText) => ShownMembers): void {
    for (const { operation, steps } of this.#watched) {
      steps.get(question)?.answered(shownFor(operation.key));
    }
  }

  #to(key: KeyText, question: string, shown: ShownMembers): void {
    for (const { operation, steps } of this.#watched) {
      if (operation.key === key) steps.get(question)?.answered(shown);
    }
  }

  #count(what: Extract<PartitionEffect, { do: 'count' }>['what']): void {
    for (const { course, isOpen } of this.#watched) {
      if (what === 'activated' || what === 'deposed') course.note(what);
      else if (isOpen) course.note(what);
    }
  }

  #end({ id }: StrongOperation, result: string): void {
    const place = this.#watched.findIndex(({ operation }) => operation.id === id);
    const [watched] = place < 0 ? [] : this.#watched.splice(place, 1);
    watched?.course.end('decided', { result, rounds: watched.rounds });
  }
}

/** What it had accepted, or learned, of this key; of how many others besides. */
function promiseShown(entries: readonly PromiseEntry[], key: KeyText): ShownMembers {
  const own = entries.find((entry) => entry.key === key);
  const { acceptance, mark } = own ?? {};
  return {
    promised: true,
    acceptances: entries.filter((entry) => entry.acceptance !== undefined).length,
    accepted:
      acceptance === undefined
        ? undefined
        : { proposal: proposalText(acceptance.id), ...stateShown(acceptance.state) },
    learned: mark === undefined ? undefined : proposalText(mark),
  };
}
