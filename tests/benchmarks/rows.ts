/** What is measured, a row each. */

export const EXPERIMENTS = [
  'P1',
  'P2',
  'P3',
  'P4',
  'P5',
  'P6',
  'P7',
  'P8',
  'P9',
  'P10',
  'P11',
  'P12',
] as const;
export type Experiment = (typeof EXPERIMENTS)[number];

export type SystemKind =
  | 'one node'
  | 'cluster'
  /** Every key on one node only (N=1). */
  | 'two nodes'
  | 'three nodes'
  | 'five nodes'
  | 'bare'
  | 'sketch'
  | 'etcd'
  | 'redis'
  | 'parts';

export interface Row {
  readonly id: string;
  readonly system: SystemKind;
  readonly work: string;
  /** All generators together. */
  readonly connections: number;
  readonly generators: number;
  readonly usedBy: readonly Experiment[];
  /** The row of the sketch that does the same work: at most twice its CPU is the target. */
  readonly sketch?: string;
  /** For the reader's sense of scale: left out of a quick run. */
  readonly fullOnly?: boolean;
  /** Each key is asked of the node that stores it. */
  readonly near?: boolean;
  /** Open-loop, at this share of the throughput that another row had last. */
  readonly pace?: { readonly of: string; readonly share: number };
}

const three = { generators: 3 };

export const ROWS: readonly Row[] = [
  {
    id: 'one',
    ...{ system: 'one node', work: 'get one', connections: 64, generators: 1 },
    usedBy: ['P1', 'P2', 'P8'],
    sketch: 'sketch-one',
  },
  {
    id: 'bare-get',
    ...{ system: 'bare', work: 'get', connections: 64, generators: 1 },
    usedBy: ['P1'],
  },
  {
    id: 'quorum',
    ...{ system: 'cluster', work: 'get quorum', connections: 66, ...three },
    usedBy: ['P2', 'P5'],
    sketch: 'sketch-quorum',
  },
  {
    id: 'put-66',
    ...{ system: 'cluster', work: 'put quorum', connections: 66, ...three },
    usedBy: ['P3', 'P6', 'P7', 'P9'],
    sketch: 'sketch-put-66',
  },
  {
    id: 'etcd-put-66',
    ...{ system: 'etcd', work: 'put', connections: 66, ...three },
    usedBy: ['P3', 'P4'],
  },
  {
    id: 'bare-put',
    ...{ system: 'bare', work: 'put', connections: 66, ...three },
    usedBy: ['P3', 'P7', 'P9'],
  },
  {
    id: 'put-258',
    ...{ system: 'cluster', work: 'put quorum', connections: 258, ...three },
    usedBy: ['P3'],
    sketch: 'sketch-put-258',
  },
  {
    id: 'etcd-put-258',
    ...{ system: 'etcd', work: 'put', connections: 258, ...three },
    usedBy: ['P3'],
  },
  {
    id: 'cluster-one',
    ...{ system: 'cluster', work: 'get one', connections: 66, ...three },
    usedBy: ['P5', 'P6', 'P11'],
    sketch: 'sketch-one',
  },
  {
    id: 'eventual',
    ...{ system: 'cluster', work: 'get eventual', connections: 66, ...three },
    usedBy: ['P5'],
    sketch: 'sketch-one',
  },
  {
    id: 'quorum-258',
    ...{ system: 'cluster', work: 'get quorum', connections: 258, ...three },
    usedBy: ['P5'],
    fullOnly: true,
  },
  {
    id: 'strong-get',
    ...{ system: 'cluster', work: 'get strong', connections: 66, ...three },
    usedBy: ['P4'],
  },
  {
    id: 'strong-put',
    ...{ system: 'cluster', work: 'put strong', connections: 66, ...three },
    usedBy: ['P4'],
  },
  {
    id: 'compare',
    ...{ system: 'cluster', work: 'compare and set', connections: 66, ...three },
    usedBy: ['P4'],
  },
  {
    id: 'session',
    ...{ system: 'cluster', work: 'get session', connections: 66, ...three },
    usedBy: ['P11'],
  },
  {
    id: 'bounded',
    ...{ system: 'cluster', work: 'get bounded', connections: 66, ...three },
    usedBy: ['P11'],
  },
  {
    id: 'serializable',
    ...{ system: 'etcd', work: 'get serializable', connections: 66, ...three },
    usedBy: ['P5'],
  },
  {
    id: 'linearizable',
    ...{ system: 'etcd', work: 'get linearizable', connections: 66, ...three },
    usedBy: ['P4', 'P5'],
  },
  {
    id: 'sketch-one',
    ...{ system: 'sketch', work: 'get one', connections: 66, ...three },
    usedBy: ['P1', 'P5'],
  },
  {
    id: 'sketch-quorum',
    ...{ system: 'sketch', work: 'get quorum', connections: 66, ...three },
    usedBy: ['P5'],
  },
  {
    id: 'sketch-put-66',
    ...{ system: 'sketch', work: 'put quorum', connections: 66, ...three },
    usedBy: ['P3'],
  },
  {
    id: 'sketch-put-258',
    ...{ system: 'sketch', work: 'put quorum', connections: 258, ...three },
    usedBy: ['P3'],
  },
  {
    id: 'redis-set',
    ...{ system: 'redis', work: 'set', connections: 66, generators: 1 },
    ...{ usedBy: ['P3'], fullOnly: true },
  },
  {
    id: 'redis-get',
    ...{ system: 'redis', work: 'get', connections: 66, generators: 1 },
    ...{ usedBy: ['P5'], fullOnly: true },
  },
  {
    id: 'storage',
    ...{ system: 'parts', work: 'storage put', connections: 66, generators: 1 },
    usedBy: ['P7'],
  },
  {
    id: 'message',
    // Two of each put, over three links.
    ...{ system: 'parts', work: 'message', connections: 44, generators: 1 },
    usedBy: ['P7'],
  },
  ...scaling('two nodes', 2),
  ...scaling('three nodes', 3),
  ...scaling('five nodes', 5),
  { id: 'put-1', ...putOne('one node', 1), usedBy: ['P8', 'P9'] },
  { id: 'put-2', ...putOne('two nodes', 2), near: true, usedBy: ['P8'] },
  { id: 'put-3', ...putOne('three nodes', 3), near: true, usedBy: ['P8'] },
  {
    id: 'paced',
    ...{ system: 'cluster', work: 'put quorum', connections: 66, ...three },
    usedBy: ['P9'],
    pace: { of: 'put-66', share: 0.5 },
  },
  {
    id: 'etcd-paced',
    ...{ system: 'etcd', work: 'put', connections: 66, ...three },
    usedBy: ['P9'],
    // At the same rate, as the next: what of the latency and of the CPU is the machine's.
    pace: { of: 'put-66', share: 0.5 },
  },
  {
    id: 'bare-paced',
    ...{ system: 'bare', work: 'put', connections: 66, ...three },
    ...{ usedBy: ['P9'], fullOnly: true },
    pace: { of: 'put-66', share: 0.5 },
  },
  {
    id: 'one-paced',
    ...putOne('one node', 1),
    usedBy: ['P9'],
    // What the latency is where a node has a core, and the load another.
    pace: { of: 'put-1', share: 0.5 },
  },
  {
    id: 'batch-put',
    ...{ system: 'cluster', work: 'batch put quorum', connections: 12, ...three },
    usedBy: ['P6'],
  },
  {
    id: 'batch-one',
    ...{ system: 'cluster', work: 'batch get one', connections: 12, ...three },
    usedBy: ['P6'],
  },
];

/** Gets at `one` where every key is on one node: asked of that node, and of any. */
function scaling(system: SystemKind, generators: number): Row[] {
  const common = { system, work: 'get one', connections: 64, generators, usedBy: ['P8'] } as const;
  return [
    { id: `near-${generators}`, ...common, near: true },
    { id: `any-${generators}`, ...common },
  ];
}

function putOne(system: SystemKind, generators: number) {
  return { system, work: 'put one', connections: 66, generators, fullOnly: true };
}
