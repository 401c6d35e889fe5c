/** What the seed makes of the cluster of a simulation: its size, and limits at their extremes. */
import type { ApiLimits } from '../../lib/api/api-world.js';
import type { NodeOptions } from '../../lib/node-options.js';
import type { CustomSibling, CustomValue } from '../../lib/resolution/custom.js';
import { STRATEGY_NAMES } from '../../lib/resolution/strategies.js';
import type { ConnectionLimits } from './http-port.js';
import type { SeededRandom } from './seeded-random.js';
import type { WorkloadOptions } from './workload.js';

/** One seed in so many takes its time. */
const SLOW_SEEDS = 25;

/** What the seed makes of the cluster. */
export interface Shape {
  readonly nodes: number;
  readonly replicaCount: number;
  readonly partitionCount: number;
  readonly zones: number;
  /** Of the default namespace. */
  readonly keys: readonly string[];
  readonly clients: number;
  readonly faultMilliseconds: number;
  /** Everything takes longer: for pauses of minutes. */
  readonly pace: number;
  /** Do some nodes own more than others? */
  readonly unequalWeights: boolean;
  readonly valueShape: WorkloadOptions['valueShape'];
  /** Are fields of the settings changed that decide what a read or a write is to do? */
  readonly boldSettings: boolean;
  readonly frameBytesMax: number;
  /** Of what a node takes; none is longer. */
  readonly valueBytesMax: number;
  /** Some values are so large; 0: none. */
  readonly largeValueBytes: number;
  /** Are there so few requests at once, and so few bytes that wait, that some are refused? */
  readonly tight: boolean;
}

/** Where nothing of the clients is of interest. */
export const PLAIN_SHAPE = {
  valueShape: 'text',
  ...{ unequalWeights: false, boldSettings: false, tight: false },
  ...{ frameBytesMax: 262_144, valueBytesMax: 65_536, largeValueBytes: 0 },
} as const;

/** Clocks that agree so far are sane. */
const CLOCK_SKEW_MAX_MILLISECONDS = 400;
/** Two sane clocks may be on either side of the median, and estimates of it are not exact. */
export const EXPIRY_TOLERANCE_MILLISECONDS = 2.5 * CLOCK_SKEW_MAX_MILLISECONDS;
export function drawShape(random: SeededRandom): Shape {
  const pace = random.below(SLOW_SEEDS) === 0 ? 20 : 1;
  const keys = random.pick([1, 1, 2, 3, 3, 3, 10, 40]);
  const size = random.pick(SIZES);
  return {
    nodes: random.pick([3, 3, 3, 3, 4, 5, 5, 5, 6, 7, 9]),
    replicaCount: random.pick([3, 3, 3, 3, 3, 2, 1, 4, 5]),
    partitionCount: random.pick([1, 4, 8, 16]),
    zones: random.pick([1, 1, 2, 3]),
    keys: Array.from({ length: keys }, (_, i) => `k${i + 1}`),
    clients: 2 + random.below(4),
    faultMilliseconds: random.between(3000, 9000) * pace,
    pace,
    unequalWeights: random.chance(0.2),
    valueShape: random.pick(['text', 'text', 'mixed', 'mixed', 'array', 'object', 'number']),
    boldSettings: random.chance(0.3),
    ...size,
    tight: random.chance(0.15),
  };
}

type Sizes = Pick<Shape, 'frameBytesMax' | 'valueBytesMax' | 'largeValueBytes'>;

/** Most values are small. */
const SMALL: Sizes = { frameBytesMax: 262_144, valueBytesMax: 65_536, largeValueBytes: 0 };
/**
 * Some are so large that few of them fill a frame, be it a smaller one; and some take several
 * frames by themselves.
 */
const SIZES: readonly Sizes[] = [
  ...Array.from({ length: 26 }, () => SMALL),
  ...[8000, 8000, 2000, 2000].map((largeValueBytes) => {
    return { frameBytesMax: 32_768, valueBytesMax: 8192, largeValueBytes };
  }),
  { frameBytesMax: 400_000, valueBytesMax: 100_000, largeValueBytes: 90_000 },
  { frameBytesMax: 16_384, valueBytesMax: 40_960, largeValueBytes: 40_000 },
];

export function drawApiLimits(random: SeededRandom, shape: Shape): ApiLimits {
  const { tight, largeValueBytes, pace } = shape;
  // A request holds its context, too: each start of a node adds a writer, and slow seeds have many.
  const contextBytes = pace > 1 ? 20_000 : 1000;
  return {
    valueBytesMax: 1_048_576,
    contextBytesMax: 65_536,
    timeoutDefaultMilliseconds: 2000,
    timeoutMaxMilliseconds: 60_000,
    batchBytesMax: tight ? random.pick([1000, 8_388_608]) : 8_388_608,
    answerBytesInFlightMax: 67_108_864,
    controlInFlightMax: 16,
    requestsInFlightMax: tight ? random.pick([1, 2, 64]) : 64,
    requestBytesInFlightMax: tight
      ? random.pick([500 + contextBytes + 2 * largeValueBytes, 8_388_608])
      : 8_388_608,
  };
}

/** In half of the seeds so few connections that clients get in each other's way. */
export function drawConnectionLimits(random: SeededRandom): ConnectionLimits {
  return {
    connectionsMax: random.pick([1000, 1000, 20, 12]),
    pipelinedBytesMax: random.pick([1_048_576, 10_000]),
    keepAliveTimeoutMilliseconds: random.pick([300, 5000]),
    sendTimeoutMilliseconds: random.pick([800, 4000]),
  };
}

export function drawNodes(random: SeededRandom, shape: Shape): NodeOptions[] {
  const founders = Array.from({ length: shape.nodes }, (_, i) => ({
    id: `n${i + 1}`,
    address: `n${i + 1}:9090`,
    zone: `z${i % shape.zones}`,
    weight: shape.unequalWeights ? random.pick([1, 1, 2, 3]) : 1,
  }));
  // Every node asks every other one: many nodes do so less often.
  const slowness = (shape.pace > 1 ? 5 : 1) * (shape.nodes > 5 ? 2 : 1);
  const heartbeatIntervalMilliseconds = random.pick([100, 200, 400]) * slowness;
  const consistency = {
    default_level: 'quorum',
    default_write_level: 'quorum',
    read_repair_probability: random.pick([0, 0.1, 1]),
    blind_writes: random.pick(['overwrite', 'overwrite', 'overwrite', 'sibling'] as const),
    tombstone_retention_s: random.pick([0, 0, 1, 2, 86_400]),
    conflict_resolution: shape.boldSettings ? random.pick(STRATEGY_NAMES) : 'siblings',
    versions_kept: random.pick([0, 0, 2]),
    versions_kept_for_s: 0,
    rate_limit_max: 0,
    rate_limit_window: '1s',
  } as const;
  const { frameBytesMax, valueBytesMax, tight } = shape;
  return founders.map(({ id }) => ({
    ...{ id, founders, version: 'simulated', cluster: 'simulated' },
    partitionCount: shape.partitionCount,
    replicaCount: shape.replicaCount,
    secret: new Uint8Array(32).fill(7),
    consistency,
    customResolver: greatestText,
    sessionTokenCharactersMax: random.pick([4096, 4096, 160]),
    limits: {
      timeoutDefaultMilliseconds: 2000,
      timeoutMaxMilliseconds: 60_000,
      keyBytesMax: 1024,
      valueBytesMax,
      contextBytesMax: random.pick([65_536, 65_536, 65_536, 60]),
      recordBytesMax: Math.floor(1.2 * valueBytesMax),
      hedgeDelayMilliseconds: random.pick([5, 50, 500]),
      peerRequestsMax: tight ? random.pick([20, 10_000]) : 10_000,
      heartbeatIntervalMilliseconds,
      heartbeatsMissedSuspect: 2,
      heartbeatsMissedDead: 6,
      clockSkewMaxMilliseconds: CLOCK_SKEW_MAX_MILLISECONDS,
      tombstonesMax: random.pick([0, 1000]),
      reapIntervalMilliseconds: random.pick([50, 1000]),
      reapKeysMax: random.pick([1, 1000]),
      storageQueueBytesMax: tight ? random.pick([8000, 16_777_216]) : 16_777_216,
      storageReserveBytes: 1_000_000,
      recordCacheBytesMax: random.pick([2000, 1_048_576]),
      clockPersistIntervalMilliseconds: random.pick([50, 1000]),
      hintsBytesMax: random.pick([3000, 1_048_576, 1_048_576]),
      hintsTargetBytesMax: random.pick([2000, 1_048_576, 1_048_576]),
      hintAgeMaxMilliseconds: random.pick([200, 1000, 10_800_000]),
      hintBatchSize: random.pick([1, 16]),
      hintBatchBytesMax: random.pick([1000, Math.min(65_536, frameBytesMax / 4)]),
      hintsPerSecondMax: random.pick([200, 100_000]),
      hintRetryIntervalMilliseconds: random.pick([100, 1000]),
      backgroundConcurrency: 16,
      operationRetentionMilliseconds: 86_400_000,
      customTimeMaxMilliseconds: 50,
      auditBytesMax: 100_000,
      auditRetentionMilliseconds: 600_000,
      versionsBytesMax: 100_000,
      recentDotsMax: random.pick([0, 5, 1000]),
      mintedKeysMax: random.pick([2, 1000]),
      exchangeIntervalMilliseconds: random.pick([200, 1000, 5000]),
      confirmMilliseconds: random.pick([1, 100, 500]),
      treeComparisonIntervalMilliseconds: random.pick([500, 5000]),
      scrubPeriodMilliseconds: random.pick([2000, 20_000]),
      collectIntervalMilliseconds: random.pick([100, 1000]),
      collectBatchSize: random.pick([1, 100]),
      pageBytesMax: random.pick([1024, Math.min(65_536, frameBytesMax / 4)]),
      digestLogEntriesMax: random.pick([1, 10, 100]),
    },
  }));
}

/** A function of the siblings alone, whatever their order, as it must be. */
function greatestText(siblings: readonly CustomSibling[]): CustomValue | undefined {
  const [first] = siblings.toSorted((a, b) => (a.text < b.text ? 1 : -1));
  return first && { contentType: first.contentType, value: first.bytes };
}
