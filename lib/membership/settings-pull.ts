/** Reading the settings of a peer, whatever number of messages their history takes (M2). */
import type { z } from 'zod';
import type { NodeId } from '../environment/transport.js';
import type { Messenger } from '../rpc/messenger.js';
import { type PlainSettings, PULL_SETTINGS } from './messages.js';
import { nameOfChange } from './settings-state.js';
import type { SettingsChange } from './settings-types.js';

/** What a peer answers, its whole history. */
export interface SettingsReply {
  readonly settings: PlainSettings;
  readonly hash: number;
  readonly unread?: boolean | undefined;
}

/**
 * Begins anew where the peer has learnt of something meanwhile: it may lie before the page that
 * comes next. Rejects where the peer cannot be asked until the deadline.
 * @param known the hash of the settings here: where it is the same, nothing else is answered
 */
export async function pullSettings(
  messenger: Messenger,
  peer: NodeId,
  deadline: number,
  known: number,
): Promise<SettingsReply> {
  const ask = (after: string | null): Promise<z.infer<typeof PULL_SETTINGS.reply>> =>
    messenger.request(peer, PULL_SETTINGS, { after, known }, deadline);
  for (;;) {
    let page = await ask(null);
    const { hash } = page;
    let history = page.settings.history;
    while (page.more && page.hash === hash && page.settings.history.length > 0) {
      page = await ask(nameOfChange(history.at(-1) as SettingsChange));
      history = [...history, ...page.settings.history];
    }
    if (page.hash === hash) return { ...page, settings: { ...page.settings, history } };
  }
}
