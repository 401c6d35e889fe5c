/**
 * Histories: what clients did and were answered, and nothing else. The checkers judge stores by
 * them (docs/testing.md). Times are on one clock, in any unit.
 */

import type { ExplainedRequest } from './explained-request.js';
import type { KeyOrder } from './linearizability.js';

/** The name that the store gave to one stored write; unique within its key. */
export type VersionName = string;

/**
 * `open`: the client did not learn how it went; it may surface at any time, or never.
 * `refused`: the store said that nothing happened.
 */
export type WriteOutcome = 'acknowledged' | 'open' | 'refused';

export interface RecordedWrite {
  /** Unique in the history; its value, if any, carries it. */
  readonly id: string;
  readonly key: string;
  readonly kind: 'value' | 'delete';
  readonly began: number;
  /** Undefined where there was no answer. */
  readonly ended: number | undefined;
  readonly outcome: WriteOutcome;
  /** Undefined where it is not known to have been stored. */
  readonly version: VersionName | undefined;
  /**
   * What the writer had been shown: the versions behind its context, or those that a write
   * without a context was said to replace.
   */
  readonly seen: readonly VersionName[];
  /** Of a blind write: what it took of what it met, after it was stored. */
  readonly took?: readonly VersionName[] | undefined;
  /** Of a blind write: what it said that it met and left. */
  readonly beside?: readonly VersionName[] | undefined;
  /** Primaries that held it durably at the answer, as the receipt says. */
  readonly holders: number;
  /** Without a context: primaries that the level hears of what is to be replaced; else 0. */
  readonly consulted: number;
  /** Of a value with a time to live, by what its client asked for. */
  readonly expiry?: Expiry | undefined;
  /** It was decided at `strong`. */
  readonly atStrong?: boolean | undefined;
  /** It had no context: `seen` is what it was said to replace. */
  readonly isBlind?: boolean | undefined;
  /** Of a comparison: what the values were to be for it to take effect. */
  readonly expected?: readonly VersionName[] | undefined;
  /** What the store made of these siblings, by a strategy; it has `seen` them. */
  readonly resolves?: readonly VersionName[] | undefined;
  /** Undefined: it is of no session. */
  readonly session?: SessionStep | undefined;
}

/** What a request said with its session token that it had seen. */
export interface SessionStep {
  /** The reads and writes whose answers had the tokens that it sent. */
  readonly after: readonly string[];
  /** A write: left its past with its value. A read: took over the pasts of what it was shown. */
  readonly isCausal: boolean;
  /** Of a read: may a disk have lost what it was shown, or what it should have been shown? */
  readonly mayBeLost?: boolean | undefined;
}

/** When a value ends, as far as the clocks of the store may be trusted. */
export interface Expiry {
  /** From then on it may be gone: the earliest end that clocks may have made of it. */
  readonly from: number;
  /** The latest end that clocks may have made of it. */
  readonly until: number;
  /** From then on it must be gone; infinite where no clock can be trusted. */
  readonly by: number;
}

export interface ReadVersion {
  readonly version: VersionName;
  /** Undefined: a tombstone, where the reader could see one. */
  readonly value: string | undefined;
  /** When it ends, as the answer says; null: never; undefined: the answer does not say. */
  readonly endsAt?: number | null | undefined;
}

export interface RecordedRead {
  readonly id: string;
  readonly key: string;
  readonly began: number;
  readonly ended: number;
  readonly versions: readonly ReadVersion[];
  /** Primaries whose answers went into it, as the receipt says. */
  readonly answered: number;
  /**
   * Primaries that hold the answer durably since, by what the level promises; 0: nothing
   * promised.
   */
  readonly repaired: number;
  /** It was decided at `strong`. */
  readonly atStrong?: boolean | undefined;
  /** False: the level takes no notice of what was accepted at `strong` and is not learned yet. */
  readonly settles?: boolean | undefined;
  /** Of a read that found nothing, where it was watched. */
  readonly miss?: Miss | undefined;
  /** Undefined: it is of no session. */
  readonly session?: SessionStep | undefined;
  /** How old it may be, as its answer says; undefined: the answer does not say. */
  readonly bound?: StalenessClaim | undefined;
}

/**
 * "This shows all that was acknowledged so long before the request, or earlier." Of scope `quorum`:
 * all that was acknowledged by a majority of the primaries.
 */
export interface StalenessClaim {
  /** In the unit of the history. */
  readonly age: number;
  readonly scope: 'all' | 'quorum';
}

export interface Miss {
  /** What replicas said that they hold, in answers to this very read. */
  readonly reported: readonly VersionName[];
  /** Primaries that were up all the time, and were not asked. */
  readonly unasked: readonly string[];
}

/** A page of keys in order. */
export interface RecordedList {
  readonly id: string;
  readonly began: number;
  readonly ended: number;
  readonly prefix: string;
  /** The last key of the pages before; '' for none. */
  readonly after: string;
  /** `answered`: primaries of the key whose answers went into it, by what the level promises. */
  readonly keys: readonly Pick<RecordedRead, 'key' | 'answered' | 'settles'>[];
}

/** The kept versions of a key that an answer lists. */
export interface KeptList {
  readonly id: string;
  readonly key: string;
  readonly ended: number;
  readonly listed: readonly VersionName[];
}

/** What a key comes to when everything was healed and had time to settle. */
export interface FinalState {
  readonly key: string;
  /** When that began to be looked at; what was acknowledged later is not judged by it. */
  readonly began: number;
  /** As a read at the strongest level returns it. */
  readonly versions: readonly ReadVersion[];
  /** What each primary holds by itself, as text that is equal where the state is. */
  readonly replicas: readonly string[];
}

/** What an answer said of how it came about, and what was seen of that from outside. */
export interface ReceiptClaim {
  /** The read or write that was answered. */
  readonly id: string;
  readonly key: string;
  /** What the client asked for: the level, its fallbacks; more where the default was changed. */
  readonly levels: readonly string[];
  /** The level that held, as the receipt says. */
  readonly level: string;
  /** Primaries that answered, or hold the write, as the receipt says. */
  readonly answered: number;
  readonly standIns: number;
  readonly primaries: readonly { readonly node: string; readonly zone: string }[];
  /** Of the node that was asked. */
  readonly zone: string;
  /**
   * Primaries that can have done what is claimed. Of a write: those that held it as durably as was
   * claimed when it was answered. Of a read: those that were asked meanwhile.
   */
  readonly witnesses: readonly string[];
  /** Of a write: does a stand-in hold it as durably as was claimed, or has handed it over? */
  readonly isHinted: boolean;
  /** Of a write: what was asked, and what was said to have held. */
  readonly durability?: { readonly asked: string; readonly held: string | undefined } | undefined;
}

export interface History {
  /** N: primaries of a key. */
  readonly replicaCount: number;
  readonly writes: readonly RecordedWrite[];
  /** Reads that were answered; those that failed say nothing. */
  readonly reads: readonly RecordedRead[];
  /** Empty where the store was not brought to rest. */
  readonly finals: readonly FinalState[];
  /** Superseded versions that were asked for by name. */
  readonly kept?: readonly Pick<RecordedRead, 'id' | 'key' | 'versions'>[] | undefined;
  readonly keptLists?: readonly KeptList[] | undefined;
  readonly lists?: readonly RecordedList[] | undefined;
  readonly claims?: readonly ReceiptClaim[] | undefined;
  /** Of keys that were read or written at `strong`. */
  readonly orders?: readonly KeyOrder[] | undefined;
  /** Requests that asked how their answers came about. */
  readonly explanations?: readonly ExplainedRequest[] | undefined;
}

/** One thing that the store promised not to do. */
export interface Finding {
  /** Which checker. */
  readonly checker: string;
  readonly key: string;
  readonly message: string;
}
