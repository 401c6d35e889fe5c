/** A write that says how it came about: what it was answered, and what it said is to be done. */
import type { NodeId } from '../../environment/transport.js';
import { OperatingError } from '../../errors.js';
import type { BlindReport, Stamped } from '../../replica/blind-report.js';
import { dotText } from '../../versioning/dot.js';
import type { PutResult } from '../request/put-request.js';
import type { Copy } from '../read/read-round.js';
import { WriteCore } from './write-core.js';
import type {
  CopyKind,
  OwnRecordState,
  WriteAcknowledgement,
  WriteCoreOptions,
  WriteEffect,
} from './write-effects.js';
import type { Course, Explanation, ShownMembers, Step } from '../request/explanation.js';
import {
  contextShown,
  floorShown,
  levelsShown,
  planShown,
  refusalShown,
  stateShown,
  versionsOf,
  versionsShown,
} from '../request/shown.js';

/** The course of a write; with an explanation it is written there. */
export function writeCoreOf(options: WriteCoreOptions, explanation?: Explanation): WriteCore {
  return explanation === undefined
    ? new WriteCore(options)
    : new ExplainedWriteCore(options, explanation);
}

class ExplainedWriteCore extends WriteCore {
  readonly #course: Course;
  /** By what is asked, and whom. */
  readonly #steps = new Map<string, Step | undefined>();
  readonly #self: NodeId;
  #level: string;

  constructor(options: WriteCoreOptions, explanation: Explanation) {
    super(options);
    const { plan, attempts, session, isBlind, isForwarded, mintRefusal } = options;
    this.#self = plan.self;
    this.#level = this.level;
    this.#course = explanation.begin('write', {
      plan: planShown(plan),
      levels: levelsShown(attempts),
      session: floorShown(session),
      without_context: isBlind || undefined,
      passed_on: isForwarded || undefined,
      cannot_mint: mintRefusal?.code,
    });
  }

  override begin(): readonly WriteEffect[] {
    return this.#saw(super.begin());
  }

  override forwarded(result: PutResult): readonly WriteEffect[] {
    const { version, level } = result;
    this.#answered('forward', { version, level });
    return this.#saw(super.forwarded(result));
  }

  override notForwarded(node: NodeId, error: OperatingError): readonly WriteEffect[] {
    this.#answered('forward', refusalShown(error));
    return this.#saw(super.notForwarded(node, error));
  }

  override covered(): readonly WriteEffect[] {
    this.#answered('cover', { covered: true });
    return this.#saw(super.covered());
  }

  override notCovered(error: OperatingError): readonly WriteEffect[] {
    this.#answered('cover', refusalShown(error));
    return this.#saw(super.notCovered(error));
  }

  override settled(): readonly WriteEffect[] {
    this.#answered('settle', { settled: true });
    return this.#saw(super.settled());
  }

  override notSettled(error: OperatingError): readonly WriteEffect[] {
    this.#answered('settle', refusalShown(error));
    return this.#saw(super.notSettled(error));
  }

  override said(round: number, copy: Copy): readonly WriteEffect[] {
    const { node, siblings, fingerprint } = copy;
    const held = siblings === undefined ? versionsShown(fingerprint) : stateShown(siblings);
    this.#answered(`ask ${round} ${node}`, held);
    return this.#saw(super.said(round, copy));
  }

  override failed(round: number, node: NodeId, why?: OperatingError): readonly WriteEffect[] {
    this.#answered(`ask ${round} ${node}`, refusalShown(why));
    return this.#saw(super.failed(round, node, why));
  }

  override minted(version: Stamped): readonly WriteEffect[] {
    this.#course.note('minted', { version: dotText(version.dot) });
    return this.#saw(super.minted(version));
  }

  override notMinted(error: OperatingError): readonly WriteEffect[] {
    this.#answered(`copy write ${this.#self}`, refusalShown(error));
    return this.#saw(super.notMinted(error));
  }

  override mintedAsStandIn(): readonly WriteEffect[] {
    this.#answered('mint as stand-in', { stored: true });
    return this.#saw(super.mintedAsStandIn());
  }

  override notMintedAsStandIn(error: OperatingError): readonly WriteEffect[] {
    this.#answered('mint as stand-in', refusalShown(error));
    return this.#saw(super.notMintedAsStandIn(error));
  }

  override stored(
    node: NodeId,
    stored: WriteAcknowledgement | undefined,
    sent: CopyKind,
    why?: OperatingError,
  ): readonly WriteEffect[] {
    const shown = stored === undefined ? refusalShown(why) : acknowledgementShown(stored);
    this.#answered(`copy ${sent} ${node}`, shown);
    return this.#saw(super.stored(node, stored, sent, why));
  }

  override looked(own: OwnRecordState): readonly WriteEffect[] {
    if (own instanceof OperatingError) this.#course.note('look', refusalShown(own));
    else if (own === undefined) this.#course.note('look', { record: 'collected' });
    else this.#course.note('look', reportShown(own));
    return this.#saw(super.looked(own));
  }

  override claimed(start: number | undefined): readonly WriteEffect[] {
    this.#answered('claim', { stored: start !== undefined });
    return this.#saw(super.claimed(start));
  }

  override notClaimed(error: OperatingError): readonly WriteEffect[] {
    this.#answered('claim', refusalShown(error));
    return this.#saw(super.notClaimed(error));
  }

  override held(target: NodeId): void {
    this.#answered(`hold ${target}`, { held: true });
    super.held(target);
  }

  override elapsed(): readonly WriteEffect[] {
    return this.#saw(super.elapsed());
  }

  #answered(question: string, shown: ShownMembers): void {
    this.#steps.get(question)?.answered(shown);
  }

  #ask(question: string, did: string, node: NodeId, shown?: ShownMembers): void {
    this.#steps.set(question, this.#course.ask(did, node, shown));
  }

  #saw(effects: readonly WriteEffect[]): readonly WriteEffect[] {
    const { level } = this;
    if (level !== this.#level) this.#course.note('descend', { level });
    this.#level = level;
    for (const effect of effects) this.#note(effect);
    return effects;
  }

  #note(effect: WriteEffect): void {
    const self = this.#self;
    switch (effect.do) {
      case 'forward':
        this.#ask('forward', 'forward', effect.node);
        break;
      case 'ask':
        this.#ask(`ask ${effect.round} ${effect.node}`, 'ask', effect.node, { want: effect.want });
        break;
      case 'count hedges':
        this.#course.note('hedge', { count: effect.count });
        break;
      case 'cover':
        this.#ask('cover', 'cover', self, floorShown(effect.floor));
        break;
      case 'settle':
        this.#ask(effect.do, effect.do, self);
        break;
      case 'mint':
        this.#ask(`copy write ${self}`, 'store', self, { hints_for: some(effect.targets) });
        break;
      case 'mint as stand-in':
        this.#ask(effect.do, effect.do, self);
        break;
      case 'claim':
        this.#ask('claim', 'claim', self, { takes: versionsOf(effect.taken) });
        break;
      case 'copy': {
        const { node, sent } = effect;
        const shown = { sent: sent === 'claim' ? sent : undefined };
        this.#ask(`copy ${sent} ${node}`, 'copy', node, shown);
        break;
      }
      case 'hold':
        this.#ask(`hold ${effect.target}`, 'hold', effect.holder, { hint_for: effect.target });
        break;
      case 'answer': {
        const { level, answered, asked, standIns } = effect.reached;
        const left = effect.left.length === 0 ? undefined : versionsOf(effect.left);
        const receipt = { level, answered, asked, stand_ins: standIns || undefined };
        this.#course.end('answer', { ...receipt, beside: left });
        break;
      }
      case 'refuse':
        this.#course.end('refuse', refusalShown(effect.error));
        break;
      case 'pass on':
      case 'look':
        break;
    }
  }
}

function some(nodes: readonly NodeId[]): readonly NodeId[] | undefined {
  return nodes.length === 0 ? undefined : nodes;
}

function acknowledgementShown({ report }: WriteAcknowledgement): ShownMembers {
  return report === undefined ? { stored: true } : { stored: true, ...reportShown(report) };
}

function reportShown({ live, open, beside, context }: BlindReport): ShownMembers {
  return {
    superseded: live ? undefined : true,
    other_open: open || undefined,
    beside: beside.length === 0 ? undefined : versionsOf(beside),
    context: beside.length === 0 ? undefined : contextShown(context),
  };
}
