/** How an explanation shows what courses are made of: plans, levels, states, refusals. */
import type { Ballot, ProposalId } from '../../consensus/ballot.js';
import type { OperatingError } from '../../errors.js';
import type { Plan, RepairTarget } from '../../replication/plan.js';
import type { Requirement } from '../../replication/quorum.js';
import type { Context } from '../../versioning/context.js';
import { type Dot, dotText } from '../../versioning/dot.js';
import { countDots, type DotSet, dotsIn } from '../../versioning/dot-set.js';
import type { PartitionFloor } from '../../versioning/session-token.js';
import { fingerprint, type Siblings } from '../../versioning/siblings.js';
import type { Attempt } from './level.js';
import type { ShownMembers } from './explanation.js';

/** Of each list; how many are not shown is said beside it. */
const SHOWN_MAX = 16;
const MESSAGE_CHARACTERS_MAX = 200;

/** Who owns the key, who of them is up, who is asked first, who can stand in. */
export function planShown(plan: Plan): ShownMembers {
  const { partition, epoch, primaries, order, standIns, sets } = plan;
  const owners = primaries.map(({ node, zone, up }) => ({ node, zone, up }));
  return {
    ...{ partition, epoch, owners, order, stand_ins: few(standIns) },
    // While the ring changes each live epoch has its own, and every one counts.
    epochs: sets.length === 1 ? undefined : sets.map((set) => set.map(({ node }) => node)),
  };
}

/** The level, then its fallbacks: what each needs, and what must hold a merge before an answer. */
export function levelsShown(attempts: readonly Attempt[]): readonly ShownMembers[] {
  return attempts.map(({ level, quorum, repairsTo, isPossible }) => ({
    level: level.name,
    needs: quorum.requirements.map(requirementShown),
    writes_back_to: repairTargetShown(repairsTo),
    possible: isPossible,
  }));
}

function repairTargetShown(target: RepairTarget): readonly ShownMembers[] | undefined {
  if (target === 'none') return undefined;
  return target === 'unawaited' ? [] : target.requirements.map(requirementShown);
}

function requirementShown({ nodes, required }: Requirement): ShownMembers {
  return { required, of: nodes };
}

/** What must not be missing; undefined: the request is of no session. */
export function floorShown(floor: PartitionFloor | undefined): ShownMembers | undefined {
  if (floor === undefined) return undefined;
  const { dots, flag, one } = floor;
  return { ...dotsShown(dots), flag: flag === 'none' ? undefined : flag, one: one || undefined };
}

export function dotsShown(dots: DotSet): ShownMembers {
  return { dots: few(dotsIn(dots).map(dotText)), count: countDots(dots) };
}

/** The versions that a replica holds, and what it knows to be superseded. */
export function stateShown(state: Siblings | undefined): ShownMembers {
  if (state === undefined) return { versions: [] };
  return { ...versionsShown(fingerprint(state)), context: contextShown(state.context) };
}

/** What a fingerprint shows: each version, and whether its value has ended. */
export function versionsShown(text: string): ShownMembers {
  const versions = text.match(/[^;!]+[;!]/g) ?? [];
  const shown = versions.slice(0, SHOWN_MAX).map((version) => {
    return version.endsWith('!') ? `${version.slice(0, -1)} (ended)` : version.slice(0, -1);
  });
  const left = versions.length - shown.length;
  return { versions: shown, versions_left_out: left === 0 ? undefined : left };
}

/** By writer the last number that is covered, and single numbers beyond. */
export function contextShown({ vector, beyond }: Context): ShownMembers {
  const shown = Object.fromEntries([...vector].slice(0, SHOWN_MAX));
  const left = vector.size - Math.min(vector.size, SHOWN_MAX);
  return {
    vector: shown,
    beyond: beyond.length === 0 ? undefined : few(beyond.map(dotText)),
    left_out: left === 0 ? undefined : left,
  };
}

export function versionsOf(dots: readonly { readonly dot: Dot }[]): readonly string[] {
  return few(dots.map(({ dot }) => dotText(dot)));
}

export function refusalShown(error: OperatingError | undefined): ShownMembers {
  if (error === undefined) return { refused: 'unreadable' };
  return { refused: error.code, message: error.message.slice(0, MESSAGE_CHARACTERS_MAX) };
}

export function ballotText({ round, node }: Ballot): string {
  return round === 0 ? 'none' : `${round}.${node}`;
}

export function proposalText({ ballot, seq }: ProposalId): string {
  return `${ballotText(ballot)}#${seq}`;
}

export function few<T>(all: readonly T[]): readonly T[] {
  return all.length > SHOWN_MAX ? all.slice(0, SHOWN_MAX) : all;
}
