/** What is compared with what: the targets of the project. */
import type { Experiment } from './rows.js';

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
