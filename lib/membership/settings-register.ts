/** The settings of the cluster at run time: changed at a majority, carried to the rest (M2). */
import pLimit from 'p-limit';
import { ownDeadline, timeLeft } from '../environment/by-deadline.js';
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import { JoinedTask } from '../environment/joined-task.js';
import { Periodic } from '../environment/periodic.js';
import type { Random } from '../environment/random.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import { encodeStored, readStored } from '../persistence/checksummed.js';
import { SINGLE_KEYS } from '../persistence/keyspace.js';
import type { Store } from '../persistence/store.js';
import type { Transaction } from '../persistence/transaction.js';
import type { Messenger } from '../rpc/messenger.js';
import { majority } from '../replication/quorum.js';
import type { PlainSettings } from './messages.js';
import { PUSH_SETTINGS } from './messages.js';
import type { SettingsDoubt } from './settings-doubt.js';
import { pullSettings, SettingsPulls, type SettingsReply } from './settings-pull.js';
import { serveSettings } from './settings-service.js';
import { answerOf, type ChangedSettings, SettingsState } from './settings-state.js';
import type {
  ChangeOptions,
  ConsistencySettings,
  SettingsAnswer,
  SettingsChange,
  SettingsControl,
} from './settings-types.js';
import { changeTooLate, validSettings } from './settings-types.js';

export interface SettingsRegisterOptions {
  readonly self: NodeId;
  /** All nodes of the ring, self included. */
  readonly members: readonly NodeId[];
  readonly initial: ConsistencySettings;
  readonly store: Store;
  readonly messenger: Messenger;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly timeoutMilliseconds: number;
  readonly doubt: SettingsDoubt;
  /** Most bytes of a history in a message. */
  readonly pageBytesMax: number;
}

type FieldsOf = (before: SettingsState) => Readonly<Record<string, unknown>>;

const SETTINGS_KEY = SINGLE_KEYS.settings;
/** Between two tries to read those of the others, after a loss. */
const RECOVERY_MILLISECONDS = 1000;
/** Of the time of a change: a silent peer takes all of it, and writing needs the rest. */
const READ_SHARE = 0.5;
/** For requests that wait for it. */
const REFRESH_MILLISECONDS = 1000;

export class SettingsRegister implements SettingsControl {
  readonly #options: SettingsRegisterOptions;
  readonly #initial: SettingsState;
  /** In force. Invariant: it is on the disk. */
  #state: SettingsState;
  /** As it was given to the disk last: what comes meanwhile is merged into it. */
  #given: SettingsState;
  /** Changes of this node, one after the other. */
  readonly #oneAtATime = pLimit(1);
  /** Hashes of other nodes' settings that are merged here already. */
  readonly #covered = new Set<number>();
  readonly #pulls = new SettingsPulls(
    (hash) => hash === this.#state.hash || this.#covered.has(hash),
    async (peer) => this.#learn(await this.#ask(peer)),
  );
  readonly #recovery: Periodic;
  readonly #refresh = new JoinedTask(() => {
    return this.#readFromMajority(this.#deadline(REFRESH_MILLISECONDS));
  });

  constructor(options: SettingsRegisterOptions) {
    this.#options = options;
    this.#initial = SettingsState.initial(options.initial);
    const bytes = options.store.get(SETTINGS_KEY);
    // Damaged ones are those of the start: what the peers know is merged, as whatever differs.
    const stored = bytes && readStored(SETTINGS_KEY, bytes, options.observer);
    const plain = stored as PlainSettings | undefined;
    this.#state = plain === undefined ? this.#initial : SettingsState.from(plain, this.#initial);
    this.#given = this.#state;
    // Before anything is written over the damage. A disk that fails has its own alarm.
    if (bytes !== undefined && stored === undefined) options.doubt.raise().catch(() => undefined);
    this.#recovery = new Periodic(options, {
      name: 'read the settings again',
      intervalMilliseconds: RECOVERY_MILLISECONDS,
      task: async () => {
        if (options.doubt.isRaised) await this.#readOthers(this.#deadline(RECOVERY_MILLISECONDS));
      },
    });
  }

  start(): void {
    this.#recovery.start();
  }

  stop(): Promise<void> {
    return this.#recovery.stop();
  }

  /** Registers the handlers. */
  serve(messenger: Messenger): void {
    serveSettings(messenger, {
      ...this.#options,
      state: () => this.#state,
      adopt: (plain) => this.#adopt(SettingsState.from(plain, this.#initial)),
    });
  }

  get values(): ConsistencySettings {
    return this.#state.settings;
  }

  /** In force here: the namespaces are part of it. */
  get state(): SettingsState {
    return this.#state;
  }

  /** Resolves when this node knows what a majority knew at the call; or `settings_unavailable`. */
  refresh(): Promise<void> {
    return this.#refresh.join();
  }

  get hash(): number {
    return this.#state.hash;
  }

  current(): SettingsAnswer {
    const { version, settings } = this.#state;
    return { settings, version, nodes: [this.#options.self] };
  }

  history(): readonly SettingsChange[] {
    return this.#state.history.toReversed();
  }

  async change(
    fields: Partial<ConsistencySettings>,
    options: ChangeOptions,
  ): Promise<SettingsAnswer> {
    const valid = validSettings(fields);
    return answerOf(await this.changeInTurn(() => valid, options));
  }

  async rollback(version: string, options: ChangeOptions): Promise<SettingsAnswer> {
    return answerOf(await this.changeInTurn(() => this.#settingsAt(version), options));
  }

  /**
   * Resolves when this node knows what `peer` knows, if its hash is not known here: at once where
   * it is. Rejects where the peer cannot be asked.
   */
  reconcile(peer: NodeId, hash: number): Promise<void> {
    return this.#pulls.join(peer, hash);
  }

  /**
   * One change after the other; one whose turn comes after its deadline is not made.
   * @param fieldsOf valid fields, of the state that a majority knows of by then; it may refuse
   */
  changeInTurn(fieldsOf: FieldsOf, options: ChangeOptions): Promise<ChangedSettings> {
    const deadline = this.#deadline(options.timeoutMilliseconds);
    return this.#oneAtATime(() => {
      timeLeft(this.#options.clock, deadline, changeTooLate);
      return this.#change(fieldsOf, options, deadline);
    });
  }

  async #change(
    fieldsOf: FieldsOf,
    { ifMatch, dryRun, by }: ChangeOptions,
    deadline: number,
  ): Promise<ChangedSettings> {
    const { self, clock, observer } = this.#options;
    await this.#readFromMajority(ownDeadline(clock, deadline, READ_SHARE));
    timeLeft(clock, deadline, changeTooLate);
    const before = this.#state;
    if (ifMatch !== undefined && ifMatch !== before.version) {
      throw new OperatingError('precondition_failed', 'the settings were changed meanwhile', {
        details: { received: ifMatch, version: before.version },
      });
    }
    const fields = fieldsOf(before);
    const after = before.change(fields, { at: clock.wallMilliseconds(), node: self, by });
    if (dryRun) return { state: after, nodes: [] };
    if (after !== before) observer.log('info', 'settings change', { by, fields });
    await this.#adopt(after);
    const nodes = await this.#writeToMajority(deadline);
    return { state: this.#state, nodes };
  }

  #settingsAt(version: string): ConsistencySettings {
    if (version === this.#initial.version) return this.#initial.settings;
    const change = this.#state.history.find((made) => made.version === version);
    if (change !== undefined) return change.settings;
    throw new OperatingError('not_found', `the history has no version ${version}`, {
      details: { received: version },
    });
  }

  async #readFromMajority(deadline: number): Promise<void> {
    const sure = await this.#readOthers(deadline);
    this.#assertMajority(sure + this.#ownCount, 'none');
  }

  /** How many answered whose settings count; all settings that were answered are merged here. */
  async #readOthers(deadline: number): Promise<number> {
    const answers = await Promise.allSettled(
      this.#others.map(async (peer) => ({ ...(await this.#ask(peer, deadline)), peer })),
    );
    const answered = answers.flatMap((answer) =>
      answer.status === 'fulfilled' ? [answer.value] : [],
    );
    for (const one of answered) await this.#learn(one);
    const sources = answered.map(({ peer, unread = false }) => ({ peer, unread }));
    await this.#options.doubt.weigh(sources);
    return sources.filter(({ unread }) => !unread).length;
  }

  get #ownCount(): number {
    return this.#options.doubt.stands ? 0 : 1;
  }

  async #writeToMajority(deadline: number): Promise<NodeId[]> {
    const { messenger, self, pageBytesMax } = this.#options;
    const plain = this.#state.latest(pageBytesMax);
    const answers = await Promise.allSettled(
      this.#others.map(async (peer) => {
        await messenger.request(peer, PUSH_SETTINGS, plain, deadline);
        return peer;
      }),
    );
    const nodes = answers.flatMap((answer) =>
      answer.status === 'fulfilled' ? [answer.value] : [],
    );
    this.#assertMajority(nodes.length + this.#ownCount, 'unknown');
    return [self, ...nodes].sort();
  }

  #ask(peer: NodeId, deadline = this.#deadline()): Promise<SettingsReply> {
    return pullSettings(this.#options.messenger, peer, deadline, this.#state.hash);
  }

  /**
   * Merges what a peer knows now. What it knew when it sent a hash may be more: a disk that was
   * lost since forgets. And it may speak of fields that this version leaves out: its own hash is
   * what counts.
   */
  async #learn({ settings, hash }: SettingsReply): Promise<void> {
    // What is in force here is on the disk.
    if (hash === this.#state.hash) return;
    await this.#adopt(SettingsState.from(settings, this.#initial));
    this.#covered.add(hash);
  }

  /**
   * Merges durably; what is known afterwards is never less than before. What the disk does not have
   * is not in force: a restart would take it back from requests that were served by it.
   */
  async #adopt(state: SettingsState): Promise<void> {
    const merged = this.#given.merge(state);
    const keep = (transaction: Transaction): void => {
      transaction.put(SETTINGS_KEY, encodeStored(SETTINGS_KEY, merged.toPlain()));
    };
    const { committed } = this.#options.store.transact(keep, 'sync', 'vital');
    this.#given = merged;
    await committed;
    // Batches are durable in order: each holds all that came before it.
    if (merged.hash !== this.#state.hash) {
      this.#state = merged;
      this.#covered.clear();
    }
    this.#covered.add(state.hash);
  }

  get #others(): NodeId[] {
    return this.#options.members.filter((member) => member !== this.#options.self);
  }

  #deadline(timeoutMilliseconds = this.#options.timeoutMilliseconds): number {
    return this.#options.clock.monotonicMilliseconds() + timeoutMilliseconds;
  }

  #assertMajority(received: number, outcome: 'none' | 'unknown'): void {
    const required = majority(this.#options.members.length);
    if (received >= required) return;
    const message = 'too few nodes are up to change the settings';
    const details = { required, received };
    throw new OperatingError('settings_unavailable', message, { outcome, details });
  }
}
