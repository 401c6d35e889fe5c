/** What each owner of a key holds, side by side, and what stand-ins hold for the absent ones. */
import type { Clock } from '../../environment/clock.js';
import type { NodeId } from '../../environment/transport.js';
import type { RecordKey } from '../../persistence/keyspace.js';
import type { Plan, Plans } from '../../replication/plan.js';
import { fingerprint, mergeAll, type Siblings } from '../../versioning/siblings.js';
import type { CopiesAnswer, HeldCopy } from '../request/request.js';
import type { Copy } from '../read/read-round.js';
import type { Replicas } from '../read/replicas.js';

export interface CopyInspectionOptions {
  readonly plans: Plans;
  readonly replicas: Replicas;
  readonly clock: Clock;
}

/** A node that is silent for longer is shown as silent, so that the others are shown in time. */
const PATIENCE_MILLISECONDS = 1000;

/** Nothing is repaired, and no level is kept: this is for looking. */
export class CopyInspection {
  readonly #options: CopyInspectionOptions;

  constructor(options: CopyInspectionOptions) {
    this.#options = options;
  }

  async of(at: RecordKey, deadline: number): Promise<CopiesAnswer> {
    const { plans, clock } = this.#options;
    const plan = plans.of(at.partition);
    const until = Math.min(deadline, clock.monotonicMilliseconds() + PATIENCE_MILLISECONDS);
    const [owners, standIns] = await Promise.all([
      Promise.all(plan.primaries.map(({ node, up }) => this.#owned(node, up, at, until))),
      Promise.all(standInsOf(plan).map((node) => this.#heldFor(node, at, plan, until))),
    ]);
    const all = mergeAll([...owners.map(siblingsOf), ...standIns.map(({ held }) => held)]);
    const whole = fingerprint(all);
    const copies = owners.map((copy, i): HeldCopy => {
      const { node, zone } = plan.primaries[i] ?? { node: '', zone: undefined };
      const own = siblingsOf(copy);
      const said = typeof copy === 'string' ? copy : own === undefined ? 'nothing' : 'holds';
      const complete = typeof copy !== 'string' && fingerprint(own) === whole;
      return { node, zone, role: 'owner', said, versions: own?.versions ?? [], complete };
    });
    const hints = standIns.flatMap(({ node, held }): HeldCopy[] => {
      if (held === undefined) return [];
      const complete = fingerprint(held) === whole;
      const { versions } = held;
      return [{ node, zone: undefined, role: 'stand-in', said: 'holds', versions, complete }];
    });
    return { partition: at.partition, epoch: plan.epoch, copies: [...copies, ...hints] };
  }

  #owned(
    node: NodeId,
    up: boolean,
    at: RecordKey,
    deadline: number,
  ): Promise<Copy | 'silent' | 'down'> {
    if (!up) return Promise.resolve('down');
    return new Promise((resolve) => {
      const read = { at, want: 'versions', atLeast: 'held', deadline } as const;
      this.#options.replicas.read(node, read, (copy) => resolve(copy ?? 'silent'));
    });
  }

  #heldFor(
    node: NodeId,
    at: RecordKey,
    plan: Plan,
    deadline: number,
  ): Promise<{ readonly node: NodeId; readonly held: Siblings | undefined }> {
    const owners = plan.primaries.map((primary) => primary.node);
    return new Promise((resolve) => {
      this.#options.replicas.held(node, at, owners, deadline, (held) => resolve({ node, held }));
    });
  }
}

/** Owners too may hold hints, for other owners. */
function standInsOf({ standIns, order, self }: Plan): NodeId[] {
  return [...new Set([...order, ...standIns, self])];
}

function siblingsOf(copy: Copy | string): Siblings | undefined {
  return typeof copy === 'string' ? undefined : copy.siblings;
}
