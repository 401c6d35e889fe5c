/** What no small history leaves: the parts of a disk that peers and mishaps bring about. */
import { DiskMemory } from '../../../lib/membership/disk-memory.js';
import { HeldTickets } from '../../../lib/membership/held-tickets.js';
import { HOLD_TICKET } from '../../../lib/membership/messages.js';
import { SettingsDoubt } from '../../../lib/membership/settings-doubt.js';
import { Store } from '../../../lib/persistence/store.js';
import { Losses } from '../../../lib/replica/losses.js';
import { leaveTicket } from '../../../lib/replica/ticket.js';
import type { Messenger } from '../../../lib/rpc/messenger.js';
import { CountingObserver, HeldStorage, ManualClock, SeededRandom } from '../fakes.js';

const WRITER = 'n1.3.0123456789ab';

/** Each is written by the part that owns it. */
export async function singleParts(): Promise<(readonly [string, Uint8Array])[]> {
  const [observer, storage, clock] = [new CountingObserver(), new HeldStorage(), new ManualClock()];
  const store = new Store({ storage, observer, queueBytesMax: 1_000_000 });
  const losses = Losses.open(store, observer);
  const peers = ['n2', 'n3'];
  const memory = new DiskMemory({
    ...{ peers, store, losses, clock, observer, random: new SeededRandom(1) },
    persistIntervalMilliseconds: 1_000,
  });
  memory.note('n2', { start: 3, commit: 90 });
  await memory.persist();
  losses.learn([[7, 'n2', 4]]);
  await losses.persist();
  await holdTicket(store, observer);
  const transport = { isOpen: () => true };
  const doubt = { store, others: () => peers, transport, isSettled: () => true };
  await new SettingsDoubt(doubt).raise();
  const ticket = { start: 3, id: 'an id', voters: peers };
  await leaveTicket(store, { ...ticket, counts: [[7, [WRITER, 4]]] });
  return storage.range({ from: 'm', before: 'n', limit: 100 });
}

/** As n2 asks for it. */
async function holdTicket(store: Store, observer: CountingObserver): Promise<void> {
  type Handler = (body: object, incoming: { readonly from: string }) => unknown;
  const handlers = new Map<string, Handler>();
  const messenger = {
    handle: ({ name }: { readonly name: string }, handler: Handler) => handlers.set(name, handler),
    onLink: () => undefined,
  };
  const held = new HeldTickets({ peers: ['n2'], store, observer });
  held.serve(messenger as unknown as Messenger);
  await handlers.get(HOLD_TICKET.name)?.({ start: 3, id: 'an id' }, { from: 'n2' });
}
