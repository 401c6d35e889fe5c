/** How fast a target takes hints: a token bucket, and what else the target has to do. Pure. */

/** Tokens at a moment: hints that may be taken now. Below zero: taken in advance. */
export interface Bucket {
  readonly tokens: number;
  readonly atMilliseconds: number;
}

export interface PaceLimits {
  readonly perSecond: number;
  /** Most hints of one message. */
  readonly batchSize: number;
}

/** What a target answers a holder: so many hints next, and not before then. */
export interface Pace {
  readonly hints: number;
  readonly afterMilliseconds: number;
}

/** What else a target has to do. */
export interface Load {
  /** Of its time, left to background work: above 0, at most 1. */
  readonly share: number;
  /** Of the storage queue: 0 to 1. */
  readonly queueFill: number;
}

/** By the share of the storage queue that is used: the share of the rate that is left. */
const SHARES = [
  { fillBelow: 0.25, share: 1 },
  { fillBelow: 0.5, share: 0.5 },
  { fillBelow: 0.75, share: 0.25 },
] as const;

/** A message has about as many hints as may be taken in this time, so that they come evenly. */
const SLICE_MILLISECONDS = 5;
/** With a full queue: one hint, to ask again, after so long or when there is a token for it. */
const FULL_PAUSE_MILLISECONDS = 1000;
/** Whatever a target says, a holder asks again after so long. */
const PAUSE_MILLISECONDS_MAX = 30_000;

export function fullBucket({ batchSize }: PaceLimits, nowMilliseconds: number): Bucket {
  return { tokens: batchSize, atMilliseconds: nowMilliseconds };
}

/** The bucket once `hints` more were taken: what it gained since, up to one message, less those. */
export function take(
  { tokens, atMilliseconds }: Bucket,
  hints: number,
  { perSecond, batchSize }: PaceLimits,
  nowMilliseconds: number,
): Bucket {
  const gained = (Math.max(0, nowMilliseconds - atMilliseconds) * perSecond) / 1000;
  return {
    tokens: Math.min(batchSize, tokens + gained) - hints,
    atMilliseconds: nowMilliseconds,
  };
}

/** When the next message may come, and how long it may be: as soon as there are tokens for it. */
export function paceOf(
  { tokens }: Bucket,
  { perSecond, batchSize }: PaceLimits,
  { share, queueFill }: Load,
): Pace {
  const row = SHARES.find(({ fillBelow }) => queueFill < fillBelow);
  const until = (hints: number, rate: number) =>
    Math.ceil((Math.max(0, hints - tokens) / rate) * 1000);
  if (row === undefined) {
    return { hints: 1, afterMilliseconds: Math.max(FULL_PAUSE_MILLISECONDS, until(1, perSecond)) };
  }
  const rate = perSecond * Math.min(share, row.share);
  const slice = Math.ceil((rate * SLICE_MILLISECONDS) / 1000);
  const hints = Math.min(Math.max(1, slice), batchSize);
  return { hints, afterMilliseconds: until(hints, rate) };
}

/** What a holder makes of it: at least one hint, at most its own limit, within half a minute. */
export function within({ hints, afterMilliseconds }: Pace, batchSize: number): Pace {
  return {
    hints: Math.min(Math.max(1, Math.floor(hints)), batchSize),
    afterMilliseconds: Math.min(Math.max(0, afterMilliseconds), PAUSE_MILLISECONDS_MAX),
  };
}
