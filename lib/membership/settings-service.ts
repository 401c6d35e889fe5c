/** What a node answers others about its settings, and takes from them (M2). */
import type { z } from 'zod';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import type { Messenger } from '../rpc/messenger.js';
import { type PlainSettings, PULL_SETTINGS, PUSH_SETTINGS } from './messages.js';
import type { SettingsDoubt } from './settings-doubt.js';
import type { SettingsState } from './settings-state.js';

export interface SettingsServiceOptions {
  readonly self: NodeId;
  readonly doubt: SettingsDoubt;
  /** Most bytes of a history in a message. */
  readonly pageBytesMax: number;
  /** In force here. */
  readonly state: () => SettingsState;
  /** Resolves when they are merged durably. */
  readonly adopt: (plain: PlainSettings) => Promise<void>;
}

const NO_NEWS = { settings: { fields: [], history: [] }, more: false };

export function serveSettings(
  messenger: Messenger,
  { self, doubt, pageBytesMax, state, adopt }: SettingsServiceOptions,
): void {
  const answer = ({ after, known }: z.infer<typeof PULL_SETTINGS.request>) => {
    const { hash } = state();
    const part = known === hash ? NO_NEWS : state().part(after, pageBytesMax);
    return { ...part, hash, unread: doubt.stands || undefined };
  };
  messenger.handle(PULL_SETTINGS, answer, { anyEpoch: true });
  messenger.handle(
    PUSH_SETTINGS,
    async (plain) => {
      await adopt(plain);
      if (doubt.stands) {
        throw new OperatingError('not_ready', `${self} has not read the settings of the others`);
      }
      return { hash: state().hash };
    },
    { anyEpoch: true },
  );
}
