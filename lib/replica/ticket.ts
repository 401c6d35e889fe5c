/** What a node that has stopped cleanly leaves on its own disk: its writers, for its next life. */
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { encodeStored, readStored } from '../persistence/checksummed.js';
import { SINGLE_KEYS } from '../persistence/keyspace.js';
import type { WriterCounts } from './minter.js';
import type { Store } from '../persistence/store.js';
import type { Transaction } from '../persistence/transaction.js';

/** Good for one life, and only where most of the voters still hold it (V1, decision 0017). */
export interface Ticket {
  /** The life that it was made in. */
  readonly start: number;
  readonly id: string;
  /** Peers that held it at the stop. The own disk is what is in doubt: it has no vote. */
  readonly voters: readonly NodeId[];
  readonly counts: WriterCounts;
}

type Plain = [
  commit: number,
  start: number,
  id: string,
  voters: readonly NodeId[],
  counts: WriterCounts,
];

const TICKET_KEY = SINGLE_KEYS.ticket;

/** Written last, in a batch of its own: nothing may be queued any more. */
export async function leaveTicket(store: Store, ticket: Ticket): Promise<void> {
  await store.sync();
  const { start, id, voters, counts } = ticket;
  const plain: Plain = [store.commitNumber + 1, start, id, voters, counts];
  const put = (transaction: Transaction): void =>
    transaction.put(TICKET_KEY, encodeStored(TICKET_KEY, plain));
  await store.transact(put, 'sync', 'vital').committed;
}

/**
 * The ticket on this disk, which is gone from it when this resolves. Undefined where there is none,
 * or the disk is not as it was when the ticket was left.
 */
export async function pickUpTicket(store: Store, observer: Observer): Promise<Ticket | undefined> {
  const bytes = store.get(TICKET_KEY);
  if (bytes === undefined) return undefined;
  const plain = readStored(TICKET_KEY, bytes, observer) as Plain | undefined;
  await store.transact((transaction) => transaction.delete(TICKET_KEY), 'sync', 'vital').committed;
  if (plain === undefined) return undefined;
  const [commit, start, id, voters, counts] = plain;
  if (commit === store.foundCommit) return { start, id, voters, counts };
  observer.log('warn', 'the disk is not as it was at the clean stop: new writers', {
    commit,
    found: store.foundCommit,
  });
  return undefined;
}
