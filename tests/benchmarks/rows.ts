/** What is measured, a row each, and what is compared with what: the targets of the project. */

export const EXPERIMENTS = ['P1', 'P2', 'P3', 'P5', 'P6'] as const;
export type Experiment = (typeof EXPERIMENTS)[number];

export type SystemKind = 'one node' | 'cluster' | 'bare' | 'etcd';

export interface Row {
  readonly id: string;
  readonly system: SystemKind;
  readonly work: string;
  /** All generators together. */
  readonly connections: number;
  readonly generators: number;
  readonly usedBy: readonly Experiment[];
  /**
   * CPU microseconds an operation of a sketch without semantics, all three nodes together: the
   * yardstick. Real semantics may cost twice of it.
   */
  readonly sketchMicroseconds?: number;
}

const three = { generators: 3 };

export const ROWS: readonly Row[] = [
  {
    id: 'one',
    ...{ system: 'one node', work: 'get one', connections: 64, generators: 1 },
    usedBy: ['P1', 'P2'],
    sketchMicroseconds: 19.5,
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
    sketchMicroseconds: 33,
  },
  {
    id: 'put-66',
    ...{ system: 'cluster', work: 'put quorum', connections: 66, ...three },
    usedBy: ['P3', 'P6'],
    sketchMicroseconds: 130,
  },
  {
    id: 'etcd-put-66',
    ...{ system: 'etcd', work: 'put', connections: 66, ...three },
    usedBy: ['P3'],
  },
  {
    id: 'bare-put',
    ...{ system: 'bare', work: 'put', connections: 66, ...three },
    usedBy: ['P3'],
  },
  {
    id: 'put-258',
    ...{ system: 'cluster', work: 'put quorum', connections: 258, ...three },
    usedBy: ['P3'],
    sketchMicroseconds: 90,
  },
  {
    id: 'etcd-put-258',
    ...{ system: 'etcd', work: 'put', connections: 258, ...three },
    usedBy: ['P3'],
  },
  {
    id: 'cluster-one',
    ...{ system: 'cluster', work: 'get one', connections: 66, ...three },
    usedBy: ['P5', 'P6'],
    sketchMicroseconds: 19.5,
  },
  {
    id: 'eventual',
    ...{ system: 'cluster', work: 'get eventual', connections: 66, ...three },
    usedBy: ['P5'],
    sketchMicroseconds: 19.5,
  },
  {
    id: 'quorum-258',
    ...{ system: 'cluster', work: 'get quorum', connections: 258, ...three },
    usedBy: ['P5'],
    sketchMicroseconds: 27,
  },
  {
    id: 'serializable',
    ...{ system: 'etcd', work: 'get serializable', connections: 66, ...three },
    usedBy: ['P5'],
  },
  {
    id: 'linearizable',
    ...{ system: 'etcd', work: 'get linearizable', connections: 66, ...three },
    usedBy: ['P5'],
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

/** `throughput`: operations a second; `efficiency`: operations a CPU second; `p99`: of latency. */
export type Figure = 'throughput' | 'efficiency' | 'p99';

export interface Comparison {
  readonly experiment: Experiment;
  readonly text: string;
  readonly of: string;
  readonly against: string;
  readonly figure: Figure;
  /** The ratio to reach; of p99, not to pass. */
  readonly target: number;
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
    ...{ of: 'put-66', against: 'etcd-put-66', figure: 'throughput', target: 2.2 },
  },
  {
    experiment: 'P3',
    text: 'the same, 258 connections',
    ...{ of: 'put-258', against: 'etcd-put-258', figure: 'throughput', target: 2.5 },
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
    ...{ of: 'quorum', against: 'linearizable', figure: 'throughput', target: 3 },
  },
  {
    experiment: 'P6',
    text: 'puts at quorum in batches of 100 against single ones',
    ...{ of: 'batch-put', against: 'put-66', figure: 'throughput', target: 5 },
  },
  {
    experiment: 'P6',
    text: 'gets at one in batches of 100 against single ones',
    ...{ of: 'batch-one', against: 'cluster-one', figure: 'throughput', target: 5 },
  },
];
