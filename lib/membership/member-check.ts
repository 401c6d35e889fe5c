/** What every peer message tells of its sender, and what a node that differs does (M2, M3). */
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { messageOf, OperatingError } from '../errors.js';
import type { MembershipCheck } from '../rpc/membership-check.js';
import type { DiskCheck } from './disk-check.js';
import type { Founding } from './founding.js';
import type { Settings } from './settings.js';

export class MemberCheck implements MembershipCheck {
  readonly #founding: Founding;
  readonly #settings: Settings;
  readonly #diskCheck: DiskCheck;
  readonly #observer: Observer;

  constructor(founding: Founding, settings: Settings, diskCheck: DiskCheck, observer: Observer) {
    this.#founding = founding;
    this.#settings = settings;
    this.#diskCheck = diskCheck;
    this.#observer = observer;
  }

  get epoch(): number {
    return this.#founding.isComplete ? this.#founding.ring.epoch : 0;
  }

  get settingsHash(): number {
    return this.#settings.hash;
  }

  isMet(peer: NodeId): boolean {
    return this.#diskCheck.isMet(peer);
  }

  /** A peer is met first; another ring is refused; other settings are merged. Then it is served. */
  async reconcile(from: NodeId, epoch: number, settingsHash: number): Promise<void> {
    await this.#diskCheck.meet(from);
    if (epoch !== this.epoch) {
      this.#observer.count('quorate_refused_epochs_total');
      const message = `the ring epoch here is ${this.epoch}, not ${epoch}`;
      throw new OperatingError('wrong_epoch', message);
    }
    await this.#settings.reconcile(from, settingsHash);
  }

  /** A node that nobody asks for anything else learns by heartbeats what it missed. */
  notice(from: NodeId, epoch: number, settingsHash: number): void {
    if (epoch === 0 || epoch !== this.epoch) return;
    this.#settings.reconcile(from, settingsHash).catch((error: unknown) => {
      const fields = { peer: from, reason: messageOf(error) };
      this.#observer.log('debug', 'the settings of a peer could not be asked for', fields);
    });
  }
}
