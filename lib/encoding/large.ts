/** When bytes are many: see docs/notebook/performance.md, large values. */

/** From here on copying, hashing or parsing them takes longer than all else of a request. */
export const LARGE_BYTES = 65_536;

/**
 * Lists are cut so that a message fits a frame (`firstWithin`); a single state cannot be cut. Each
 * side of a network that was cut apart may have written one of up to a third of a frame, and their
 * merge must travel: so one message may be as long as so many frames.
 */
export const MESSAGE_FRAMES_MAX = 16;

export interface LinkLimits {
  /** What many messages that share a frame, or a list in a message, may take. */
  readonly frameBytesMax: number;
  readonly queueBytesMax: number;
}

/** May a message of so many bytes join those that wait for a peer, `waiting` bytes of them? */
export function hasRoomFor(bytes: number, waiting: number, limits: LinkLimits): boolean {
  const { frameBytesMax, queueBytesMax } = limits;
  if (bytes <= frameBytesMax) return waiting + bytes <= queueBytesMax;
  // It would never fit beside others under load: half of the queue may wait before it.
  return bytes <= frameBytesMax * MESSAGE_FRAMES_MAX && waiting <= queueBytesMax / 2;
}
