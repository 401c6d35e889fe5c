/** What the course of a write says is to be done, and what it is told (write-core.ts). */
import type { NodeId } from '../environment/transport.js';
import type { OperatingError } from '../errors.js';
import type { BlindReport, ConcurrentVersion } from '../replica/blind-report.js';
import type { Siblings } from '../versioning/siblings.js';
import type { AskEffect } from './prior-read.js';
import type { PutResult } from './put-request.js';

/** What was reached. */
export interface AchievedLevel {
  readonly level: string;
  /** Primaries that hold the write as durably as asked. */
  readonly answered: number;
  readonly asked: number;
  readonly standIns: number;
}

/** Somebody takes the place of an absent primary. */
export interface HintPlace {
  readonly target: NodeId;
  readonly holder: NodeId;
}

/** A primary holds what was sent as durably as asked. */
export interface WriteAcknowledgement {
  /** In which start of the primary. */
  readonly start: number;
  /** Of a blind write: what else the primary holds; undefined: nothing. */
  readonly report?: BlindReport | undefined;
}

/** Which of the two states that one write may send. */
export type CopyKind = 'write' | 'claim';

/** The own record of a blind write; undefined: collected; an error: it vouches for nothing. */
export type OwnRecordState = BlindReport | OperatingError | undefined;

export type WriteEffect =
  /** Pass the request on to this primary. */
  | { readonly do: 'forward'; readonly node: NodeId }
  | AskEffect
  /** Mint on the own record and `known`, and hold hints for `targets` in the same transaction. */
  | {
      readonly do: 'mint';
      readonly known: Siblings | undefined;
      readonly targets: readonly NodeId[];
      /** Will it take what it meets? Then it is open until it is answered. */
      readonly isOpen: boolean;
    }
  /** Mint on the merge of the hints that are held here. */
  | { readonly do: 'mint as stand-in' }
  /** Look at the own record, and say at once what it holds. */
  | { readonly do: 'look' }
  /** Take these in the same step as the look, with hints as at the mint. */
  | {
      readonly do: 'claim';
      readonly taken: readonly ConcurrentVersion[];
      readonly reports: readonly BlindReport[];
      readonly targets: readonly NodeId[];
    }
  /** Send what was minted, or claimed, to this primary. */
  | { readonly do: 'copy'; readonly node: NodeId; readonly sent: CopyKind }
  /** What was minted is to be held for an absent primary. */
  | ({ readonly do: 'hold' } & HintPlace)
  /** `left`: live versions that a blind write has met and not replaced. */
  | {
      readonly do: 'answer';
      readonly reached: AchievedLevel;
      readonly left: readonly ConcurrentVersion[];
    }
  /** What the node that minted it says. */
  | { readonly do: 'pass on'; readonly result: PutResult }
  | { readonly do: 'refuse'; readonly error: OperatingError };
