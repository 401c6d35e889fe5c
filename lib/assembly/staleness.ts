/** How a node knows how old its replicas can be: clocks made whole, the other owners asked. */
import type { Environment } from '../environment/environment.js';
import { StoredAcceptor } from '../replica/stored-acceptor.js';
import { WholeClocks } from '../replica/whole-clocks.js';
import { StalenessFeed } from '../staleness/feed.js';
import { holdingsOf } from '../staleness/holdings.js';
import type { NodeCore } from './core.js';

export interface StalenessLimits {
  /** Bytes of what one owner reports to another in one message. */
  readonly pageBytesMax: number;
}

/** Bytes of chance in the name of a process. */
const LIFE_BYTES = 9;

export function stalenessOf(
  { clock, random, observer }: Environment,
  { pageBytesMax }: StalenessLimits,
  { disk, members, messenger, foreground }: NodeCore,
) {
  const { ownership, view } = members;
  const { store, table, clocks, health } = disk;
  const wholeClocks = new WholeClocks({
    ...{ ownership, store, table, clocks, health, foreground, clock, random, observer },
  });
  const acceptances = new StoredAcceptor({ ...disk, observer });
  const feed = new StalenessFeed({
    own: holdingsOf({ ownership, clocks, wholeClocks, acceptances }),
    life: Buffer.from(random.bytes(LIFE_BYTES)).toString('base64url'),
    ...{ ownership, view, messenger, clock, observer, pageBytesMax },
  });
  return { wholeClocks, feed };
}
