/** A namespace is deleted within the time of one request, whatever takes it, or not at all. */
import t from 'tap';
import type { KeyLists } from '../../../lib/coordination/request/request.js';
import { Namespaces } from '../../../lib/membership/namespaces.js';
import type { SettingsRegister } from '../../../lib/membership/settings-register.js';
import type { SettingsState } from '../../../lib/membership/settings-state.js';
import { ManualClock } from '../fakes.js';

const MILLISECONDS = 100;
const CHANGE = { dryRun: false, by: 'a test', ifMatch: undefined, withKeys: false };

interface Slow {
  /** What it takes to ask the others which namespaces there are. */
  readonly refresh?: number;
  /** What each page of the list of keys takes. */
  readonly page?: number;
  readonly pages?: number;
}

/** @returns the times that each of its steps was given */
function nodeWith({ refresh = 0, page = 0, pages = 1 }: Slow) {
  const clock = new ManualClock();
  const given: (number | undefined)[] = [];
  let changes = 0;
  const known = new Map<string, object>();
  const pass = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => void clock.after(milliseconds, resolve));
  const settings = {
    state: { namespaces: known } as unknown as SettingsState,
    refresh: async () => {
      await pass(refresh);
      known.set('shop', { stored: 'shop~1' });
    },
    changeInTurn: async (_: unknown, options: { readonly timeoutMilliseconds?: number }) => {
      given.push(options.timeoutMilliseconds);
      changes += 1;
      known.delete('shop');
      return { state: { namespaces: known, version: 'v' }, nodes: [] };
    },
  } as unknown as SettingsRegister;
  let listed = 0;
  const list = async ({ timeoutMilliseconds }: { readonly timeoutMilliseconds?: number }) => {
    given.push(timeoutMilliseconds);
    await pass(page);
    listed += 1;
    return { items: [], cursor: listed < pages ? 'more' : undefined };
  };
  const keyLists = { list } as unknown as KeyLists;
  const timeoutDefaultMilliseconds = MILLISECONDS;
  const namespaces = new Namespaces({ settings, keyLists, clock, timeoutDefaultMilliseconds });
  return { clock, namespaces, given, changes: () => changes };
}

t.test('each step has what those before it have left', async (t) => {
  for (const timeoutMilliseconds of [undefined, 200]) {
    const { clock, namespaces, given } = nodeWith({ refresh: 20, page: 30, pages: 2 });
    const options = timeoutMilliseconds === undefined ? CHANGE : { ...CHANGE, timeoutMilliseconds };
    const deleted = namespaces.delete('shop', options);
    await clock.advance(1_000);
    await deleted;
    const all = timeoutMilliseconds ?? MILLISECONDS;
    t.strictSame(given, [all - 20, all - 50, all - 80]);
  }
});

const TOO_SLOW: Readonly<Record<string, Slow>> = {
  'the others do not say whether there is one': { refresh: 150 },
  'there are very many pages': { page: 30, pages: 1_000 },
  'one page takes it all': { page: 150 },
};

for (const [title, slow] of Object.entries(TOO_SLOW)) {
  t.test(title, async (t) => {
    const { clock, namespaces, changes } = nodeWith(slow);
    const deleted = namespaces.delete('shop', CHANGE);
    const refused = t.rejects(deleted, { code: 'deadline_passed', outcome: 'none' });
    await clock.advance(10_000);
    await refused;
    t.equal(changes(), 0, 'nothing is deleted');
  });
}
