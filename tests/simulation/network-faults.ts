/** How a simulated network may behave. */
import type { Message, NodeId } from '../../lib/environment/transport.js';

/** `held`: until all that is held is let go; undefined: what chance makes of it. */
export type Gate = (
  from: NodeId,
  to: NodeId,
  messages: readonly Message[],
) => 'held' | 'lost' | undefined;

/** Probabilities for each frame, and milliseconds. */
export interface NetworkFaults {
  readonly loss: number;
  readonly duplication: number;
  /** May a frame overtake another? */
  readonly reorder: boolean;
  readonly delayMinimum: number;
  readonly delayMean: number;
  /** Share of frames that take a hundred times as long. */
  readonly clogged: number;
}

export const CALM_NETWORK: NetworkFaults = {
  loss: 0,
  duplication: 0,
  reorder: false,
  delayMinimum: 0.1,
  delayMean: 0.4,
  clogged: 0,
};
