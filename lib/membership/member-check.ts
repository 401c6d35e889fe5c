/** What every peer message says of its sender, and what a node that differs does (M2, M3). */
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { messageOf, OperatingError } from '../errors.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { MembershipCheck } from '../rpc/membership-check.js';
import type { DiskCheck } from './disk-check.js';
import type { Founding } from './founding.js';
import type { SettingsRegister } from './settings-register.js';

export interface MemberCheckOptions {
  readonly founding: Founding;
  readonly settings: SettingsRegister;
  readonly diskCheck: DiskCheck;
  readonly observer: Observer;
}

export class MemberCheck implements MembershipCheck {
  readonly #ownership: Ownership;
  readonly #founding: Founding;
  readonly #settings: SettingsRegister;
  readonly #diskCheck: DiskCheck;
  readonly #observer: Observer;

  constructor(
    ownership: Ownership,
    { founding, settings, diskCheck, observer }: MemberCheckOptions,
  ) {
    this.#ownership = ownership;
    this.#founding = founding;
    this.#settings = settings;
    this.#diskCheck = diskCheck;
    this.#observer = observer;
  }

  get epoch(): number {
    return this.#founding.isComplete ? this.#ownership.epoch : 0;
  }

  get settingsHash(): number {
    return this.#settings.hash;
  }

  isVerified(peer: NodeId): boolean {
    return this.#diskCheck.isVerified(peer);
  }

  /**
   * A peer is verified first; another ring is refused; other settings are merged. Then it is
   * served.
   */
  async reconcile(from: NodeId, epoch: number, settingsHash: number): Promise<void> {
    await this.#diskCheck.verify(from);
    if (!this.#counts(epoch)) {
      this.#observer.count('quorate_refused_epochs_total');
      const message = `the ring epoch here is ${this.epoch}, not ${epoch}`;
      throw new OperatingError('wrong_epoch', message);
    }
    await this.#settings.reconcile(from, settingsHash);
  }

  /** A node that nobody asks for anything else learns by heartbeats what it missed. */
  notice(from: NodeId, epoch: number, settingsHash: number): void {
    if (epoch === 0 || !this.#counts(epoch)) return;
    this.#settings.reconcile(from, settingsHash).catch((error: unknown) => {
      const fields = { peer: from, reason: messageOf(error) };
      this.#observer.log('debug', 'the settings of a peer could not be asked for', fields);
    });
  }

  /** May a request that was made under this epoch be served? */
  #counts(epoch: number): boolean {
    if (!this.#founding.isComplete) return epoch === 0;
    return this.#ownership.standingOf(epoch) === 'live';
  }
}
