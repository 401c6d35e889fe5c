/** What a node reports of its cluster: it asks the others, and says how it sees them. */
import type { Clock } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';
import { parseLevel } from '../coordination/request/level.js';
import { OperatingError } from '../errors.js';
import type { Ring } from '../partitioning/ring.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { Hints } from '../hints/hints.js';
import type { Identity } from '../replica/identity.js';
import type { LargestKeys } from '../persistence/largest-keys.js';
import { recordKey } from '../persistence/keyspace.js';
import type { StallWatch } from '../persistence/stall-watch.js';
import type { Store } from '../persistence/store.js';
import type { Messenger } from '../rpc/messenger.js';
import type { Plans } from '../replication/plan.js';
import type { Addresses } from './addresses.js';
import type { MemberAdmission } from './admission.js';
import { clockAlert, sizeAlerts } from './alerts.js';
import type { ClockSanity } from './clock-sanity.js';
import type {
  ClusterControl,
  ClusterStatus,
  LevelsView,
  LocateView,
  MemberStatus,
  NodeReport,
  StoredCounts,
  Readiness,
  RingView,
} from './cluster-types.js';
import type { DiskCheck } from './disk-check.js';
import { diskAlerts, diskReason, diskStateOf } from './disk-state.js';
import type { FailureDetector } from './failure-detector.js';
import type { Founding } from './founding.js';
import { availabilityOfLevels } from './level-availability.js';
import { REPORT } from './messages.js';
import { countPartitions } from './partition-counts.js';
import { waitReasonOf } from './readiness.js';
import type { SettingsRegister } from './settings-register.js';
import type { Tickets } from './tickets.js';

export interface ClusterServiceOptions {
  readonly self: NodeId;
  readonly ownership: Ownership;
  readonly version: string;
  readonly clientAddress: string | undefined;
  readonly identity: Identity;
  readonly largest: LargestKeys;
  readonly addresses: Addresses;
  readonly admission: MemberAdmission;
  readonly diskCheck: DiskCheck;
  readonly tickets: Tickets;
  readonly founding: Founding;
  readonly view: FailureDetector;
  readonly clockSanity: ClockSanity;
  readonly settings: SettingsRegister;
  readonly hints: Hints;
  readonly store: Store;
  readonly stalls: StallWatch;
  readonly messenger: Messenger;
  readonly plans: Plans;
  readonly clock: Clock;
  readonly stored: () => Promise<StoredCounts>;
}

const REPORT_TIMEOUT_MILLISECONDS = 1000;
const LARGE_KEYS_REPORTED = 3;

export class ClusterService implements ClusterControl {
  readonly #options: ClusterServiceOptions;
  readonly #startedAt: number;

  constructor(options: ClusterServiceOptions) {
    this.#options = options;
    this.#startedAt = options.clock.monotonicMilliseconds();
  }

  /** Registers the handler. */
  serve(messenger: Messenger): void {
    messenger.handle(REPORT, async () => ({ report: await this.#report() }), { anyEpoch: true });
  }

  async status(timeoutMilliseconds: number = REPORT_TIMEOUT_MILLISECONDS): Promise<ClusterStatus> {
    const ring = this.#ring;
    const timeout = Math.min(timeoutMilliseconds, REPORT_TIMEOUT_MILLISECONDS);
    const deadline = this.#options.clock.monotonicMilliseconds() + timeout;
    const nodes = await Promise.all(
      ring.members.map((member) => this.#memberStatus(member, deadline)),
    );
    const { underReplicated, withoutQuorum } = countPartitions(
      this.#options.plans,
      ring.partitionCount,
    );
    const alerts = this.#alerts(nodes, underReplicated, withoutQuorum);
    return {
      cluster: ring.cluster,
      cluster_id: this.#options.founding.clusterId,
      node: this.#options.self,
      epoch: ring.epoch,
      ring_hash: ring.hash,
      partitions: ring.partitionCount,
      replicas: ring.replicaCount,
      replicas_effective: Math.min(ring.replicaCount, ring.members.length),
      nodes,
      partitions_under_replicated: underReplicated,
      partitions_without_quorum: withoutQuorum,
      alerts,
      verdict: verdictOf(underReplicated, withoutQuorum, alerts),
    };
  }

  ring(): RingView {
    const ring = this.#ring;
    const { cluster, epoch, hash, partitionCount, replicaCount } = ring;
    const { ownership } = this.#options;
    const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);
    const owners = partitions.map((partition) => ownership.ownersOf(partition));
    const first = new Map<NodeId, number>();
    for (const [owner] of owners) {
      if (owner !== undefined) first.set(owner, (first.get(owner) ?? 0) + 1);
    }
    const members = ring.members.map((member) => ({
      ...member,
      address: this.#options.addresses.likeliest(member.id),
      partitions_owned: ownership.ownedBy(member.id).length,
      partitions_first: first.get(member.id) ?? 0,
    }));
    return {
      cluster,
      epoch,
      hash,
      partitions: partitionCount,
      replicas: replicaCount,
      members,
      owners,
    };
  }

  locate(namespace: string, key: string): LocateView {
    const ring = this.#ring;
    const { partition } = recordKey(namespace, key, ring.partitionCount);
    const { primaries, standIns } = this.#options.plans.of(partition);
    const stand_ins = standIns.filter((node) => !primaries.some((owner) => owner.node === node));
    return { namespace, key, partition, epoch: ring.epoch, primaries, stand_ins };
  }

  levels(): LevelsView {
    const { self, view, plans } = this.#options;
    const partitions = this.#ring.partitionCount;
    const all = Array.from({ length: partitions }, (_, partition) => plans.of(partition));
    return { node: self, zone: view.zone, partitions, levels: availabilityOfLevels(all) };
  }

  readiness(level: string | undefined): Readiness {
    const { store } = this.#options;
    const waitReason = waitReasonOf(this.#options) ?? store.failure?.message;
    if (waitReason !== undefined) return { ready: false, reason: waitReason };
    // It reads, and passes writes on.
    const reason = diskReason(this.#options);
    if (level === undefined) return { ready: true, reason };
    const partition = this.#unreachablePartition(level);
    if (partition === undefined) return { ready: true, reason };
    return { ready: false, reason: `partition ${partition} cannot reach the level ${level} now` };
  }

  get #ring(): Ring {
    return this.#options.ownership.history.current;
  }

  /** The first partition whose owners are too few for the level. */
  #unreachablePartition(level: string): number | undefined {
    const rule = parseLevel(level, level.trim().toLowerCase() === 'any' ? 'write' : 'read');
    for (let partition = 0; partition < this.#ring.partitionCount; partition += 1) {
      const plan = this.#options.plans.of(partition);
      if (!plan.under(rule).isPossible) return partition;
    }
    return undefined;
  }

  async #memberStatus(member: Ring['members'][number], deadline: number): Promise<MemberStatus> {
    const { self, view, messenger, addresses, admission } = this.#options;
    const { id } = member;
    const now = { address: addresses.likeliest(id), protocol: admission.linkOf(id)?.version };
    const known = { ...member, ...now, state: view.stateOf(id) };
    const round_trip_ms = id === self ? 0 : view.measuredRoundTrip(id);
    if (id === self) return { ...known, round_trip_ms, report: await this.#report() };
    const report = await messenger.request(id, REPORT, {}, deadline).then(
      (reply) => reply.report as NodeReport,
      (error: unknown) => {
        if (error instanceof OperatingError) return undefined;
        throw error;
      },
    );
    return { ...known, round_trip_ms, report };
  }

  async #report(): Promise<NodeReport> {
    const { self, version, identity, settings, hints, view, clock } = this.#options;
    const { sane, skewMilliseconds: skew } = this.#options.clockSanity.verdict;
    const sees: Record<string, NodeReport['sees'][string]> = {};
    const round_trips_ms: Record<string, number> = {};
    for (const { id } of this.#ring.members) {
      if (id === self) continue;
      sees[id] = view.stateOf(id);
      const measured = view.measuredRoundTrip(id);
      if (measured !== undefined) round_trips_ms[id] = measured;
    }
    const large = this.#options.largest.alarming.slice(0, LARGE_KEYS_REPORTED);
    const waiting = [...hints.held].filter(([, { count }]) => count > 0);
    return {
      id: self,
      version,
      start: identity.start,
      uptime_s: Math.floor((clock.monotonicMilliseconds() - this.#startedAt) / 1000),
      epoch: this.#ring.epoch,
      ring_hash: this.#ring.hash,
      settings_version: settings.current().version,
      partitions_owned: this.#options.ownership.own.length,
      hints: Object.fromEntries(waiting),
      storage: diskStateOf(this.#options),
      // A disk that fails is reported above.
      stored: await this.#options.stored().catch(() => undefined),
      large_keys: large.length === 0 ? undefined : large,
      clock: { sane, skew_ms: skew === undefined ? undefined : Math.round(skew) },
      client_address: this.#options.clientAddress,
      round_trips_ms,
      sees,
      identity: this.#options.admission.alerts,
    };
  }

  #alerts(
    nodes: readonly MemberStatus[],
    underReplicated: number,
    withoutQuorum: number,
  ): string[] {
    const ring = this.#ring;
    const alerts = [...new Set(nodes.flatMap(({ report }) => report?.identity ?? []))];
    for (const { id, state, report } of nodes) {
      if (state !== 'up') alerts.push(`${id} is ${state}`);
      for (const alert of diskAlerts(id, report?.storage)) alerts.push(alert);
      if (report?.clock.sane === false) alerts.push(clockAlert(id, report.clock.skew_ms));
    }
    for (const alert of sizeAlerts(nodes)) alerts.push(alert);
    if (underReplicated > 0) alerts.push(`${underReplicated} partitions lack replicas`);
    if (withoutQuorum > 0) alerts.push(`${withoutQuorum} partitions have no quorum`);
    if (ring.members.length < ring.replicaCount) {
      alerts.push(
        `with ${ring.members.length} nodes a key has fewer than ${ring.replicaCount} copies`,
      );
    }
    const versions = new Set(nodes.flatMap(({ report }) => report?.settings_version ?? []));
    if (versions.size > 1) alerts.push('nodes have different settings; they merge as they talk');
    return alerts;
  }
}

function verdictOf(
  underReplicated: number,
  withoutQuorum: number,
  alerts: readonly string[],
): ClusterStatus['verdict'] {
  if (withoutQuorum > 0) return 'failing';
  return underReplicated > 0 || alerts.length > 0 ? 'degraded' : 'ok';
}
