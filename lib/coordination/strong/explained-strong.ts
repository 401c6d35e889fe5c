/** An operation at `strong` that says how it came about, where the client asked for it. */
import type { ReadReport } from '../../consensus/strong-read.js';
import type { NodeId } from '../../environment/transport.js';
import type { OperatingError } from '../../errors.js';
import { dotText } from '../../versioning/dot.js';
import { StrongCore } from './strong-core.js';
import type { Handled, StrongEffect, StrongResult, StrongCoreOptions } from './strong-effects.js';
import type { Course, Explanation, ShownMembers, Step } from '../request/explanation.js';
import {
  ballotText,
  few,
  planShown,
  proposalText,
  refusalShown,
  stateShown,
} from '../request/shown.js';

/** The course of an operation at `strong`; with an explanation it is written there. */
export function strongCoreOf(options: StrongCoreOptions, explanation?: Explanation): StrongCore {
  return explanation === undefined
    ? new StrongCore(options)
    : new ExplainedStrongCore(options, explanation);
}

class ExplainedStrongCore extends StrongCore {
  readonly #course: Course;
  /** By what is asked, and whom. */
  readonly #steps = new Map<string, Step | undefined>();
  readonly #self: NodeId;

  constructor(options: StrongCoreOptions, explanation: Explanation) {
    super(options);
    const { plan, quorum, isRead, isForwarded, decides, takesOver, proposer } = options;
    this.#self = plan.self;
    this.#course = explanation.begin('strong', {
      operation: isRead ? 'read' : 'write',
      plan: planShown(plan),
      needs: quorum.requirements.map(({ nodes, required }) => ({ required, of: nodes })),
      proposer: proposer() || undefined,
      passed_on: isForwarded || undefined,
      decides: decides || undefined,
      takes_over: takesOver || undefined,
    });
  }

  override begin(): readonly StrongEffect[] {
    return this.#saw(super.begin());
  }

  override reported(report: ReadReport): readonly StrongEffect[] {
    this.#answered(`ask ${report.from.node}`, reportShown(report));
    return this.#saw(super.reported(report));
  }

  override notReported(node: NodeId, why?: OperatingError): readonly StrongEffect[] {
    this.#answered(`ask ${node}`, refusalShown(why));
    return this.#saw(super.notReported(node, why));
  }

  override executed(handled: Handled): readonly StrongEffect[] {
    this.#answered('execute', handledShown(handled));
    return this.#saw(super.executed(handled));
  }

  override notExecuted(error: OperatingError): readonly StrongEffect[] {
    this.#answered('execute', refusalShown(error));
    return this.#saw(super.notExecuted(error));
  }

  override proposed(node: NodeId, handled: Handled): readonly StrongEffect[] {
    this.#answered(`propose ${node}`, handledShown(handled));
    return this.#saw(super.proposed(node, handled));
  }

  override notProposed(node: NodeId, error: OperatingError): readonly StrongEffect[] {
    this.#answered(`propose ${node}`, refusalShown(error));
    return this.#saw(super.notProposed(node, error));
  }

  override inquired(result: StrongResult | OperatingError | undefined): readonly StrongEffect[] {
    this.#answered('inquire', inquiredShown(result));
    return this.#saw(super.inquired(result));
  }

  override elapsed(): readonly StrongEffect[] {
    return this.#saw(super.elapsed());
  }

  #answered(question: string, shown: ShownMembers): void {
    this.#steps.get(question)?.answered(shown);
  }

  #ask(question: string, did: string, node: NodeId, shown?: ShownMembers): void {
    this.#steps.set(question, this.#course.ask(did, node, shown));
  }

  #saw(effects: readonly StrongEffect[]): readonly StrongEffect[] {
    for (const effect of effects) this.#note(effect);
    return effects;
  }

  #note(effect: StrongEffect): void {
    switch (effect.do) {
      case 'ask':
        this.#ask(`ask ${effect.node}`, 'ask', effect.node);
        break;
      case 'execute':
        this.#ask('execute', 'decide here', this.#self);
        break;
      case 'propose': {
        const { node, decide, takeOver } = effect;
        const shown = { decide: decide || undefined, take_over: takeOver || undefined };
        this.#ask(`propose ${node}`, 'pass on', node, shown);
        break;
      }
      case 'inquire': {
        const { dot, ballot } = effect.lost;
        const shown = { version: dotText(dot), proposed_under: ballotText(ballot) };
        this.#ask('inquire', 'ask what became of it', this.#self, shown);
        break;
      }
      case 'suspect':
        this.#course.note('suspect', { node: effect.node });
        break;
      case 'count read':
        this.#course.note('judge', { result: effect.result });
        break;
      case 'count contention':
        this.#course.note('again', { because: effect.reason });
        break;
      case 'count hedges':
        this.#course.note('hedge', { count: effect.count });
        break;
      case 'answer':
        this.#course.end('answer', { level: 'strong', answered: effect.answered });
        break;
      case 'elsewhere':
        this.#course.end('name the proposer', {});
        break;
      case 'refuse':
        this.#course.end('refuse', refusalShown(effect.error));
        break;
    }
  }
}

/** What an owner says of a key: in one round trip that settles a read, or leaves it open. */
function reportShown({ promised, isActive, isBusy, record, acceptance }: ReadReport): ShownMembers {
  return {
    ...stateShown(record),
    promised: ballotText(promised),
    proposer: isActive || undefined,
    under_way: isBusy || undefined,
    accepted:
      acceptance === undefined
        ? undefined
        : { proposal: proposalText(acceptance.id), ...stateShown(acceptance.state) },
  };
}

function handledShown(handled: Handled): ShownMembers {
  switch (handled.is) {
    case 'applied': {
      const { dot, replaced } = handled;
      return { applied: dotText(dot), replaced: few(replaced) };
    }
    case 'elsewhere':
      return { elsewhere: handled.proposer };
    case 'lost':
      return { deposed: ballotText(handled.ballot), version: dotText(handled.dot) };
    case 'settled':
      return { settled: handled.as, ...stateShown(handled.record) };
    case 'read':
    case 'unmet':
      return { [handled.is]: true, ...stateShown(handled.record) };
  }
}

function inquiredShown(result: StrongResult | OperatingError | undefined): ShownMembers {
  if (result === undefined) return { dead: true };
  return 'is' in result ? handledShown(result) : refusalShown(result);
}
