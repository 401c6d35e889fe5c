/** A change of the settings has one deadline, and time for what it writes. */
import t from 'tap';
import { PUSH_SETTINGS } from '../../../lib/membership/messages.js';
import { SettingsDoubt } from '../../../lib/membership/settings-doubt.js';
import { SettingsRegister } from '../../../lib/membership/settings-register.js';
import type { Messenger } from '../../../lib/rpc/messenger.js';
import { SeededRandom } from '../fakes.js';
import { LocalCluster } from '../local-cluster.js';
import { openDisk } from '../persistence/disk.js';

t.test('a peer that is silent until the deadline takes no change with it', async (t) => {
  const { store, observer, clock } = await openDisk();
  const theirs = { settings: { fields: [], history: [] }, more: false, hash: 55 };
  const messenger = {
    request: async (peer: string, type: unknown, _: unknown, deadline: number) => {
      const wait = peer === 'n3' ? deadline - clock.monotonicMilliseconds() : 0;
      await new Promise<void>((resolve) => void clock.after(wait, resolve));
      if (clock.monotonicMilliseconds() >= deadline) throw new Error('no answer');
      return type === PUSH_SETTINGS ? null : theirs;
    },
  };
  const settings = new SettingsRegister({
    ...{ store, clock, observer, self: 'n1', members: ['n1', 'n2', 'n3'] },
    ...{ random: new SeededRandom(1), pageBytesMax: 100_000, timeoutMilliseconds: 1000 },
    initial: new LocalCluster().optionsOf('n1').consistency,
    doubt: new SettingsDoubt({
      ...{ store, others: () => [], isSettled: () => true },
      transport: { isOpen: () => false },
    }),
    messenger: messenger as unknown as Messenger,
  });
  const changed = settings.change(
    { default_level: 'one' },
    { ifMatch: undefined, dryRun: false, by: 'a test' },
  );
  await clock.advance(1000);
  t.match(await changed, { settings: { default_level: 'one' }, nodes: ['n1', 'n2'] });
});
