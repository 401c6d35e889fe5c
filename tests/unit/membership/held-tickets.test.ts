/** What a voter keeps of the tickets of others: what comes late, or twice, changes nothing. */
import t from 'tap';
import { HeldTickets } from '../../../lib/membership/held-tickets.js';
import { HOLD_TICKET, TAKE_TICKET } from '../../../lib/membership/messages.js';
import { Store } from '../../../lib/persistence/store.js';
import type { Messenger } from '../../../lib/rpc/messenger.js';
import { CountingObserver, HeldStorage } from '../fakes.js';

type Ask = (name: string, body: object) => Promise<unknown>;

/** Asks the voter as n3 does. */
function voter(): Ask {
  const observer = new CountingObserver();
  const store = new Store({ storage: new HeldStorage(), observer, queueBytesMax: 1_000_000 });
  const handlers = new Map<string, (body: object, incoming: { from: string }) => unknown>();
  const messenger = {
    handle: ({ name }: { name: string }, handler: () => unknown) => handlers.set(name, handler),
    onLink: () => undefined,
  };
  new HeldTickets({ peers: ['n2', 'n3'], store, observer }).serve(
    messenger as unknown as Messenger,
  );
  return async (name, body) => handlers.get(name)?.(body, { from: 'n3' });
}

t.test('what was given out is not brought back by the message that brought it', async (t) => {
  const ask = voter();
  const ticket = { start: 3, id: 'three' };
  const hold = (named: object): Promise<unknown> => ask(HOLD_TICKET.name, named);
  const take = (named: object, life: string): Promise<unknown> =>
    ask(TAKE_TICKET.name, { ...named, life });
  t.same(await hold(ticket), { held: true });
  t.same(await hold(ticket), { held: true }, 'twice before it is given out');
  t.same(await take(ticket, 'one'), { held: true });
  t.same(await hold(ticket), { held: false }, 'late');
  t.same(await take(ticket, 'two'), { held: false });
  t.same(await take(ticket, 'one'), { held: true }, 'the same life may ask again');
});

t.test('a ticket of an earlier start does not replace one of a later', async (t) => {
  const ask = voter();
  const [early, late] = [
    { start: 3, id: 'three' },
    { start: 4, id: 'four' },
  ];
  t.same(await ask(HOLD_TICKET.name, early), { held: true });
  t.same(await ask(HOLD_TICKET.name, late), { held: true });
  t.same(await ask(HOLD_TICKET.name, early), { held: false });
  t.same(await ask(TAKE_TICKET.name, { ...early, life: 'one' }), { held: false });
  t.same(await ask(TAKE_TICKET.name, { ...late, life: 'one' }), { held: true });
});
