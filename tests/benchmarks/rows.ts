/** What is measured, a row each, and what is compared with what: the targets of the project. */

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

/** `throughput`: operations a second; `efficiency`: operations a CPU second; or of Measured. */
export type Figure = 'throughput' | 'efficiency' | 'cpu' | 'p50' | 'p99' | 'eventLoop';

/** Of these figures less is better: the target is not to be passed. */
export const LESS_IS_BETTER: ReadonlySet<Figure> = new Set(['cpu', 'p50', 'p99', 'eventLoop']);

export interface Part {
  readonly id: string;
  readonly times: number;
}

export interface Comparison {
  readonly experiment: Experiment;
  readonly text: string;
  readonly of: string;
  /** A row, or a sum of rows. Undefined: the figure stands for itself. */
  readonly against?: string | readonly Part[];
  readonly figure: Figure;
  /**
   * The ratio to reach or not to pass; without a row to compare with, the figure. Undefined: said
   * for the reader's sense of scale.
   */
  readonly target?: number;
}

export const COMPARISONS: readonly Comparison[] = [
  {
    experiment: 'P1',
    text: 'GET at one, the key on the node, against bare node:http',
    ...{ of: 'one', against: 'bare-get', figure: 'throughput', target: 0.7 },
  },
  {
    experiment: 'P2',
    text: 'GET at quorum against GET at one, operations a CPU second',
    ...{ of: 'quorum', against: 'one', figure: 'efficiency', target: 0.4 },
  },
  {
    experiment: 'P3',
    text: 'durable PUT at quorum, 66 connections, against etcd',
    ...{ of: 'put-66', against: 'etcd-put-66', figure: 'throughput', target: 1.6 },
  },
  {
    experiment: 'P3',
    text: 'the same, 258 connections',
    ...{ of: 'put-258', against: 'etcd-put-258', figure: 'throughput', target: 1.1 },
  },
  {
    experiment: 'P3',
    text: 'its p99, 66 connections (no more than)',
    ...{ of: 'put-66', against: 'etcd-put-66', figure: 'p99', target: 1 },
  },
  {
    experiment: 'P3',
    text: 'its p99, 258 connections (no more than)',
    ...{ of: 'put-258', against: 'etcd-put-258', figure: 'p99', target: 1 },
  },
  ...(['66', '258'] as const).map(
    (connections): Comparison => ({
      experiment: 'P3',
      text: `the sketch, which has no semantics, ${connections} connections, against etcd`,
      ...{ of: `sketch-put-${connections}`, against: `etcd-put-${connections}` },
      figure: 'throughput',
    }),
  ),
  {
    experiment: 'P4',
    text: 'GET at strong against a linearizable range of etcd',
    ...{ of: 'strong-get', against: 'linearizable', figure: 'throughput', target: 3 },
  },
  {
    experiment: 'P4',
    text: 'PUT at strong, 66 connections, against etcd',
    ...{ of: 'strong-put', against: 'etcd-put-66', figure: 'throughput', target: 1.2 },
  },
  {
    experiment: 'P4',
    text: 'its p99 (no more than)',
    ...{ of: 'strong-put', against: 'etcd-put-66', figure: 'p99', target: 1 },
  },
  {
    experiment: 'P4',
    text: 'compare-and-set on 1,000 keys against PUT at strong',
    ...{ of: 'compare', against: 'strong-put', figure: 'throughput', target: 0.7 },
  },
  {
    experiment: 'P11',
    text: 'GET at session against GET at one',
    ...{ of: 'session', against: 'cluster-one', figure: 'throughput', target: 0.85 },
  },
  {
    experiment: 'P11',
    text: 'GET at bounded-staleness, 1 s, against GET at one',
    ...{ of: 'bounded', against: 'cluster-one', figure: 'throughput', target: 0.8 },
  },
  {
    experiment: 'P5',
    text: 'GET at one against a serializable range of etcd',
    ...{ of: 'cluster-one', against: 'serializable', figure: 'throughput', target: 5 },
  },
  {
    experiment: 'P5',
    text: 'GET at eventual against the same',
    ...{ of: 'eventual', against: 'serializable', figure: 'throughput', target: 5 },
  },
  {
    experiment: 'P5',
    text: 'GET at quorum against a linearizable range of etcd',
    ...{ of: 'quorum', against: 'linearizable', figure: 'throughput', target: 4 },
  },
  {
    experiment: 'P5',
    text: 'the sketch: GET at one, against the serializable range',
    ...{ of: 'sketch-one', against: 'serializable', figure: 'throughput' },
  },
  {
    experiment: 'P5',
    text: 'the sketch: GET at quorum, against the linearizable range',
    ...{ of: 'sketch-quorum', against: 'linearizable', figure: 'throughput' },
  },
  {
    experiment: 'P7',
    text: 'CPU of a PUT at quorum against HTTP + 3 storage puts + 2 messages',
    of: 'put-66',
    against: [
      { id: 'bare-put', times: 1 },
      { id: 'storage', times: 3 },
      { id: 'message', times: 2 },
    ],
    figure: 'cpu',
  },
  ...[2, 3, 5].flatMap((nodes): Comparison[] => [
    {
      experiment: 'P8',
      text: `CPU of a GET at one, ${nodes} nodes, N=1, asked of its node, against one node`,
      ...{ of: `near-${nodes}`, against: 'one', figure: 'cpu', target: 1.15 },
    },
    {
      experiment: 'P8',
      text: 'the same, asked of any node, which asks the one that stores it',
      ...{ of: `any-${nodes}`, against: 'one', figure: 'cpu', target: 1.15 },
    },
  ]),
  {
    experiment: 'P9',
    text: "PUT at quorum at half of P3's throughput, open-loop: p50 against etcd (no more than)",
    ...{ of: 'paced', against: 'etcd-paced', figure: 'p50', target: 1 },
  },
  {
    experiment: 'P9',
    text: 'its p99 against etcd (no more than)',
    ...{ of: 'paced', against: 'etcd-paced', figure: 'p99', target: 1 },
  },
  {
    experiment: 'P9',
    text: 'p99 of the event-loop delay of the worst node meanwhile, ms (no more than)',
    ...{ of: 'paced', figure: 'eventLoop', target: 10 },
  },
  {
    experiment: 'P6',
    text: 'CPU of a put at quorum in a batch of 100 against a single one (no more than)',
    ...{ of: 'batch-put', against: 'put-66', figure: 'cpu', target: 0.4 },
  },
  {
    experiment: 'P6',
    text: 'CPU of a get at one in a batch of 100 against a single one (no more than)',
    ...{ of: 'batch-one', against: 'cluster-one', figure: 'cpu', target: 0.4 },
  },
  {
    experiment: 'P6',
    text: 'gets at one in batches of 100, a second',
    ...{ of: 'batch-one', figure: 'throughput', target: 100_000 },
  },
];
