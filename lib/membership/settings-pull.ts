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

/** One pull of each peer at a time: whoever needs what it brings waits for it. */
export class SettingsPulls {
  readonly #isKnown: (hash: number) => boolean;
  readonly #pull: (peer: NodeId) => Promise<void>;
  readonly #running = new Map<NodeId, { readonly hash: number; readonly done: Promise<void> }>();

  constructor(isKnown: (hash: number) => boolean, pull: (peer: NodeId) => Promise<void>) {
    this.#isKnown = isKnown;
    this.#pull = pull;
  }

  /** Resolves when the hash is known here, or a pull has ended that began when the peer had it. */
  join(peer: NodeId, hash: number): Promise<void> {
    if (this.#isKnown(hash)) return Promise.resolve();
    const running = this.#running.get(peer);
    if (running?.hash === hash) return running.done;
    // The peer may have answered it before its settings changed once more.
    if (running !== undefined) return running.done.then(() => this.join(peer, hash));
    const done = this.#pull(peer).finally(() => this.#running.delete(peer));
    this.#running.set(peer, { hash, done });
    return done;
  }
}
