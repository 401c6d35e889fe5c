/** A read that says how it came about: what it was answered, and what it said is to be done. */
import type { NodeId } from '../../environment/transport.js';
import type { OperatingError } from '../../errors.js';
import type { Siblings } from '../../versioning/siblings.js';
import { ReadCore } from './read-core.js';
import type { ReadCoreOptions, ReadEffect, ReadStage } from './read-effects.js';
import type { Copy } from './read-round.js';
import type { StoredRepair } from './repair-core.js';
import type { Course, Explanation, ShownMembers, Step } from '../request/explanation.js';
import {
  dotsShown,
  floorShown,
  levelsShown,
  planShown,
  refusalShown,
  stateShown,
  versionsShown,
} from '../request/shown.js';

/** Why somebody is asked, by the stage in which the read says so. */
const REASONS: Partial<Readonly<Record<ReadStage, string>>> = {
  asking: 'level',
  'asking in full': 'values differ',
  widening: 'session',
  'asking the rest': 'nothing found',
  'asking the rest in full': 'nothing found',
};

/** The course of a read; with an explanation it is written there. */
export function readCoreOf(options: ReadCoreOptions, explanation?: Explanation): ReadCore {
  return explanation === undefined
    ? new ReadCore(options)
    : new ExplainedReadCore(options, explanation);
}

class ExplainedReadCore extends ReadCore {
  readonly #course: Course;
  /** By what is asked, and whom. */
  readonly #steps = new Map<string, Step | undefined>();
  #level: string | undefined;

  constructor(options: ReadCoreOptions, explanation: Explanation) {
    super(options);
    const { plan, attempts, session } = options;
    this.#level = attempts[0]?.level.name;
    this.#course = explanation.begin('read', {
      plan: planShown(plan),
      levels: levelsShown(attempts),
      session: floorShown(session?.floor),
    });
  }

  override begin(): readonly ReadEffect[] {
    return this.#saw(super.begin());
  }

  override said(round: number, copy: Copy): readonly ReadEffect[] {
    this.#steps.get(`${round} ${copy.node}`)?.answered(copyShown(copy));
    return this.#saw(super.said(round, copy));
  }

  override failed(round: number, node: NodeId, why?: OperatingError): readonly ReadEffect[] {
    this.#steps.get(`${round} ${node}`)?.answered(refusalShown(why));
    return this.#saw(super.failed(round, node, why), `${node} failed`);
  }

  override repaired(
    repair: number,
    node: NodeId,
    stored: StoredRepair | undefined,
    why?: OperatingError,
  ): readonly ReadEffect[] {
    const shown = stored === undefined ? refusalShown(why) : { stored: stored.fate ?? 'live' };
    this.#steps.get(`repair ${repair} ${node}`)?.answered(shown);
    return this.#saw(super.repaired(repair, node, stored, why));
  }

  override standInSaid(node: NodeId, held: Siblings | undefined): readonly ReadEffect[] {
    this.#steps.get(`stand-in ${node}`)?.answered(stateShown(held));
    return this.#saw(super.standInSaid(node, held));
  }

  override elapsed(): readonly ReadEffect[] {
    return this.#saw(super.elapsed(), 'time passed');
  }

  #saw(effects: readonly ReadEffect[], because?: string): readonly ReadEffect[] {
    const { level } = this;
    if (level !== this.#level) {
      this.#course.note('descend', { level, because });
      this.#level = level;
    }
    let isHedge = false;
    for (const effect of effects) {
      if (effect.do === 'count hedges') isHedge = true;
      this.#note(effect, isHedge ? 'slow answers' : because);
    }
    return effects;
  }

  #note(effect: ReadEffect, because: string | undefined): void {
    const course = this.#course;
    switch (effect.do) {
      case 'ask': {
        const { node, want, round } = effect;
        const shown = { want, for: because ?? REASONS[this.stage] };
        this.#steps.set(`${round} ${node}`, course.ask('ask', node, shown));
        break;
      }
      case 'repair': {
        const { node, repair, versionsBehind } = effect;
        const step = course.ask('repair', node, { versions_behind: versionsBehind });
        this.#steps.set(`repair ${repair} ${node}`, step);
        break;
      }
      case 'ask stand-in':
        this.#steps.set(`stand-in ${effect.node}`, course.ask('ask stand-in', effect.node));
        break;
      case 'count begun anew':
        course.note('begin anew', { because: 'a replica has dropped a value since it was asked' });
        break;
      case 'answer': {
        const { merged, level, answered, asked, standIns, widened } = effect.got;
        const receipt = { level, answered, asked, stand_ins: standIns || undefined };
        course.end('answer', { ...receipt, widened: widened || undefined, ...stateShown(merged) });
        break;
      }
      case 'refuse':
        course.end('refuse', refusalShown(effect.error));
        break;
      default:
    }
  }
}

function copyShown({ fingerprint, siblings, want, missing }: Copy): ShownMembers {
  const held = siblings === undefined ? versionsShown(fingerprint) : stateShown(siblings);
  return { want, ...held, missing: missing.size === 0 ? undefined : dotsShown(missing) };
}
