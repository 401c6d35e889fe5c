/** The effects that a list core returns, and the events that it is given (list-core.ts). */
import type { NodeId } from '../../environment/transport.js';
import type { OperatingError } from '../../errors.js';
import type { Plan } from '../../replication/plan.js';
import type { Quorum, Standing } from '../../replication/quorum.js';

/** A partition as the list asks it. */
export interface ListedPartition {
  readonly partition: number;
  readonly plan: Plan;
  readonly quorum: Quorum;
  readonly standing: Standing;
}

export interface ListCoreOptions {
  readonly partitions: readonly ListedPartition[];
  /** The list begins behind this key; '' for the first page. */
  readonly after: string;
  /** Most keys of the page. */
  readonly limit: number;
  readonly timeoutMilliseconds: number;
  /** How long to wait for silent nodes before others are asked instead, in milliseconds. */
  readonly patience: (asked: readonly NodeId[], leftMilliseconds: number) => number;
  readonly partitionOf: (key: string) => number;
  /** Does the merge of these states hold a live value? */
  readonly isLive: (key: string, states: readonly Uint8Array[]) => boolean;
}

/** A key of which a node holds a record. */
export interface ReportedKey {
  readonly key: string;
  /** Its state without the values; undefined: it is plain, and holds one value without an end. */
  readonly state: Uint8Array | undefined;
}

/** A page of the keys that a node holds. */
export interface ReportedPage {
  readonly keys: readonly ReportedKey[];
  /** The page has all keys up to this one; undefined: all that there are. */
  readonly reached: string | undefined;
  /** Of the partitions asked for: those of which the node vouches for nothing. */
  readonly obstructed: readonly number[];
  /** In which start the node answered. */
  readonly start: number;
}

export interface KeyInPage {
  readonly key: string;
  /** Do the nodes disagree, so that only a read can say whether it holds a value? */
  readonly isOpen: boolean;
}

export interface ListedPage {
  readonly keys: readonly KeyInPage[];
  /** The next page begins behind this key; undefined: this is the last page. */
  readonly reached: string | undefined;
  /** Nodes that answered. */
  readonly answered: number;
}

export type ListEffect =
  | {
      readonly do: 'ask';
      /** The number of the question. Its answer is given with it. */
      readonly ask: number;
      readonly node: NodeId;
      readonly after: string;
      readonly limit: number;
      readonly partitions: readonly number[];
    }
  | { readonly do: 'count hedges'; readonly count: number }
  | { readonly do: 'answer'; readonly page: ListedPage }
  | { readonly do: 'refuse'; readonly error: OperatingError };
