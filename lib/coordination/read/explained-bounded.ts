/** A read whose age is bounded, reporting what was proven, who was asked, and why more were. */
import type { NodeId } from '../../environment/transport.js';
import type { OperatingError } from '../../errors.js';
import type { Scope } from '../../staleness/proofs.js';
import { ageOf } from '../../staleness/moment.js';
import {
  BoundedReadCore,
  type BoundedReadEffect,
  type BoundedReadOptions,
  type NearCopy,
} from './bounded-read-core.js';
import { BOUNDED } from '../request/level.js';
import type { StalenessBound } from '../request/staleness-demand.js';
import type { Course, Explanation, ShownMembers, Step } from '../request/explanation.js';
import { planShown, refusalShown, stateShown } from '../request/shown.js';

/**
 * The course of a read at a bound; with an explanation it is written there.
 * @param self the node that runs it
 */
export function boundedCoreOf(
  options: BoundedReadOptions,
  self: NodeId,
  explanation?: Explanation,
): BoundedReadCore {
  return explanation === undefined
    ? new BoundedReadCore(options)
    : new ExplainedBoundedReadCore(options, self, explanation);
}

class ExplainedBoundedReadCore extends BoundedReadCore {
  readonly #self: NodeId;
  readonly #course: Course;
  /** The question to the one replica that may answer alone. */
  #step: Step | undefined;

  constructor(options: BoundedReadOptions, self: NodeId, explanation: Explanation) {
    super(options);
    const { plan, demand } = options;
    this.#self = self;
    this.#course = explanation.begin('bounded read', {
      plan: planShown(plan),
      max_ms: demand.maxMilliseconds,
      scope: demand.scope,
      // A node that owns nothing of the key proves nothing of it.
      proven: plan.isPrimary ? provenShown(options) : undefined,
    });
  }

  override begin(): readonly BoundedReadEffect[] {
    return this.#saw(super.begin());
  }

  override ownRead(copy: NearCopy): readonly BoundedReadEffect[] {
    this.#step?.answered(stateShown(copy.merged));
    return this.#saw(super.ownRead(copy));
  }

  override ownFailed(why: OperatingError | undefined): readonly BoundedReadEffect[] {
    const unseen = { refused: 'not known to hold what the session has seen' };
    this.#step?.answered(why === undefined ? unseen : refusalShown(why));
    return this.#saw(super.ownFailed(why));
  }

  override nearSaid(
    copy: NearCopy,
    bound: StalenessBound | undefined,
  ): readonly BoundedReadEffect[] {
    const shown = bound === undefined ? { refused: 'not proven' } : stateShown(copy.merged);
    this.#step?.answered({ ...boundShown(bound), ...shown });
    return this.#saw(super.nearSaid(copy, bound));
  }

  override nearFailed(why: OperatingError): readonly BoundedReadEffect[] {
    this.#step?.answered(refusalShown(why));
    return this.#saw(super.nearFailed(why));
  }

  override widened(answered: number, asked: number): readonly BoundedReadEffect[] {
    return this.#saw(super.widened(answered, asked));
  }

  override notWidened(error: OperatingError): readonly BoundedReadEffect[] {
    return this.#saw(super.notWidened(error));
  }

  /** While it waits for the own disk; another node that is slow has no answer yet. */
  override elapsed(): readonly BoundedReadEffect[] {
    const effects = super.elapsed();
    const isSlow = effects.some((effect) => effect.do === 'widen' && effect.why === 'slow disk');
    if (isSlow) this.#step?.answered({ refused: 'not synced in time' });
    return this.#saw(effects);
  }

  #saw(effects: readonly BoundedReadEffect[]): readonly BoundedReadEffect[] {
    for (const effect of effects) this.#note(effect);
    return effects;
  }

  #note(effect: BoundedReadEffect): void {
    const course = this.#course;
    switch (effect.do) {
      case 'read own':
        this.#step = course.ask('ask', this.#self, { want: 'full' });
        break;
      case 'ask near':
        this.#step = course.ask('ask', effect.node, { want: 'full' });
        break;
      case 'widen':
        course.note('widen', { because: effect.why, to: effect.levels });
        break;
      case 'answer alone': {
        const answer = { level: BOUNDED, ...boundShown(effect.bound) };
        course.end('answer', { ...answer, ...stateShown(effect.copy.merged) });
        break;
      }
      case 'answer widely':
        course.end('answer', { level: BOUNDED, ...boundShown(effect.bound) });
        break;
      case 'refuse':
        course.end('refuse', refusalShown(effect.error));
        break;
    }
  }
}

function boundShown(bound: StalenessBound | undefined): ShownMembers {
  return bound === undefined ? {} : { age_ms: bound.age, scope: bound.scope };
}

/** How old this replica can be, by scope; nothing where it can prove nothing. */
function provenShown({ provenAt, arrived }: BoundedReadOptions): ShownMembers {
  const ageFor = (scope: Scope): number | undefined => {
    const proven = provenAt(scope);
    return proven && ageOf(proven, arrived);
  };
  return { all: ageFor('all'), quorum: ageFor('quorum') };
}
