/** All of handoff on one node: what it holds for others, and what others held for it. */
import type { Environment } from '../environment/environment.js';
import type { ForegroundLoad } from '../environment/foreground-load.js';
import type { NodeId } from '../environment/transport.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { HintLimits } from './hint-quota.js';
import type { Hints } from './hints.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { Identity } from '../replica/identity.js';
import type { Losses } from '../replica/losses.js';
import type { Replica } from '../replica/replica.js';
import type { Store } from '../persistence/store.js';
import type { Messenger } from '../rpc/messenger.js';
import type { Lag } from '../replication/lag.js';
import type { ClusterView } from '../replication/cluster-view.js';
import { HintExpiry } from './hint-expiry.js';
import { serveHintIntake } from './hint-intake.js';
import { HintedHandoff } from './hinted-handoff.js';
import { type HandoffControl, HintsReport } from './hints-report.js';
import { Holdings } from './holdings.js';

/** What the settings say of hints; defaults and reasons in config/. */
export interface HandoffLimits extends HintLimits {
  readonly hintAgeMaxMilliseconds: number;
  readonly hintBatchSize: number;
  readonly hintBatchBytesMax: number;
  readonly hintsPerSecondMax: number;
  readonly hintRetryIntervalMilliseconds: number;
}

export interface HandoffOptions extends HandoffLimits, Omit<Environment, 'storage' | 'transport'> {
  readonly ownership: Ownership;
  readonly view: ClusterView;
  readonly messenger: Messenger;
  readonly foreground: ForegroundLoad;
  readonly lag: Lag;
  readonly store: Store;
  readonly replica: Replica;
  readonly expiryClock: ExpiryClock;
  readonly identity: Identity;
  readonly losses: Losses;
  readonly hints: Hints;
  readonly isRebuilding: (partition: number) => boolean;
  /** Of one message to a peer. */
  readonly timeoutMilliseconds: number;
}

export class Handoff {
  readonly control: HandoffControl;
  readonly #options: HandoffOptions;
  readonly #handoff: HintedHandoff;
  readonly #expiry: HintExpiry;
  readonly #holdings: Holdings;
  readonly #report: HintsReport;

  constructor(options: HandoffOptions) {
    this.#options = options;
    this.#handoff = new HintedHandoff(options);
    this.#holdings = new Holdings(options);
    this.#expiry = new HintExpiry({ ...options, holdings: this.#holdings });
    this.#report = new HintsReport({ ...options, handoff: this.#handoff });
    this.control = this.#report;
  }

  /** Registers all handlers: once, when the ring is known. */
  serve(messenger: Messenger): void {
    serveHintIntake(messenger, this.#options);
    this.#holdings.serve(messenger);
    this.#report.serve(messenger);
  }

  start(): void {
    this.#handoff.start();
    this.#expiry.start();
  }

  async stop(): Promise<void> {
    await this.#expiry.stop();
    await this.#handoff.stop();
  }

  /** Delivers what is held for a node that is back. */
  deliverTo(target: NodeId): Promise<void> {
    return this.#handoff.deliverTo(target);
  }
}
