/** The replicas of a key as a coordinator reaches them: over a link, or here on this node. */
import type { Clock } from '../../environment/clock.js';
import type { Observer } from '../../environment/observer.js';
import type { NodeId } from '../../environment/transport.js';
import { messageOf, OperatingError } from '../../errors.js';
import type { Hints } from '../../hints/hints.js';
import type { RecordKey } from '../../persistence/keyspace.js';
import { decodeRecord } from '../../persistence/records.js';
import type { BlindReport } from '../../replica/blind-report.js';
import type { Identity } from '../../replica/identity.js';
import type { Losses } from '../../replica/losses.js';
import type { Replica } from '../../replica/replica.js';
import type { Durability } from '../../persistence/store.js';
import type { CopyReply, ReadReply, ShownAtLeast, Want } from '../../rpc/hot-messages.js';
import type { Messenger } from '../../rpc/messenger.js';
import type { Hedging } from '../../replication/hedging.js';
import { type Dot, dotText } from '../../versioning/dot.js';
import { decodeDots } from '../../versioning/dot-set.js';
import type { Siblings } from '../../versioning/siblings.js';
import { type AskedDots, NO_DOTS_ASKED } from './asked-dots.js';
import { encodeAudit } from '../wire/audit-wire.js';
import { HOLD } from '../wire/hold-layout.js';
import { HELD, type WireAuditEntry } from '../wire/messages.js';
import type { OpenAcceptances } from '../strong/open-acceptances.js';
import type { Copy } from './read-round.js';
import type { StoredRepair } from './repair-core.js';
import { showRecord } from './shown-record.js';
import { decodeReport } from '../wire/report-wire.js';

export interface ReplicasOptions {
  readonly self: NodeId;
  readonly replica: Replica;
  readonly openAcceptances: OpenAcceptances;
  readonly hints: Hints;
  /** Its start is part of every answer. */
  readonly identity: Identity;
  /** Whose answers of earlier starts count no more. */
  readonly losses: Losses;
  readonly messenger: Messenger;
  readonly hedging: Hedging;
  readonly clock: Clock;
  readonly observer: Observer;
  /** How long a stand-in may take to hold a hint that nobody waits for. */
  readonly backgroundTimeoutMilliseconds: number;
}

export interface ReadOf {
  readonly at: RecordKey;
  readonly want: Want;
  readonly atLeast: ShownAtLeast;
  /** On the monotonic clock. */
  readonly deadline: number;
  /** Of these it is asked which the replica has not seen; undefined: of none. */
  readonly floor?: AskedDots | undefined;
}

export interface WriteOf {
  readonly at: RecordKey;
  /** The whole state, as it is stored. */
  readonly record: Uint8Array;
  readonly durability: Durability;
  /** On the monotonic clock. */
  readonly deadline: number;
  /** Of a resolution, for a replica elsewhere. */
  readonly audit?: WireAuditEntry | undefined;
  /** Of a blind write: what is to be reported with the acknowledgement. */
  readonly blind?: Dot | undefined;
}

/** A primary has merged a copy. */
export interface CopyAnswer extends StoredRepair {
  /** Of a blind write, where it is not as usual. */
  readonly report: BlindReport | undefined;
}

export interface HintOf extends Pick<WriteOf, 'at' | 'record' | 'durability'> {
  readonly target: NodeId;
  readonly holder: NodeId;
}

/** With nothing where it failed, and why, where that is known. */
type Settle<Answer> = (answer: Answer | undefined, why?: OperatingError) => void;

function refusalIn(error: unknown): OperatingError | undefined {
  return error instanceof OperatingError ? error : undefined;
}

export class Replicas {
  readonly #options: ReplicasOptions;

  constructor(options: ReplicasOptions) {
    this.#options = options;
  }

  /** `settle(undefined)`: it failed. Called once; for this node maybe before this returns. */
  read(node: NodeId, read: ReadOf, settle: Settle<Copy>): void {
    const { self, messenger, hedging, clock } = this.#options;
    if (node === self) {
      this.#readHere(read, settle);
      return;
    }
    const { at, want, atLeast, deadline, floor: asked = NO_DOTS_ASKED } = read;
    const { namespace, key } = at;
    const floor = asked.bytes;
    const since = clock.monotonicMilliseconds();
    messenger.replicas.read(node, { namespace, key, want, atLeast, floor }, deadline, (answer) => {
      if (!answer.ok) {
        settle(undefined, answer.error);
        return;
      }
      hedging.note(node, since);
      this.#options.losses.learnIn(at.partition, answer.reply.lost);
      settle(this.#copyOf(node, at, want, answer.reply));
    });
  }

  /** `settle(undefined)`: it failed, or nobody knows. Called once, later. */
  write(node: NodeId, write: WriteOf, settle: Settle<CopyAnswer>): void {
    const { self, messenger, losses } = this.#options;
    if (node === self) {
      this.#writeHere(write, settle);
      return;
    }
    const { at, record, durability, deadline, audit, blind } = write;
    const { namespace, key } = at;
    const copy = {
      namespace,
      key,
      record,
      durability,
      audit: encodeAudit(audit),
      blind: blind === undefined ? '' : dotText(blind),
    };
    messenger.replicas.copy(node, copy, deadline, (answer) => {
      if (answer.ok) losses.learnIn(at.partition, answer.reply.lost);
      if (!answer.ok) {
        settle(undefined, answer.error);
        return;
      }
      settle(this.#answerOf(node, answer.reply));
    });
  }

  /**
   * Asks the holder, and holds the hint here where it cannot. A hint never fails the write that it
   * is of: `settle(false)` says that nobody holds it, and repair must find the difference.
   */
  hold(hint: HintOf, settle: (held: boolean) => void): void {
    const { self, messenger, clock, backgroundTimeoutMilliseconds } = this.#options;
    const { holder, target, at, record, durability } = hint;
    if (holder === self) {
      this.#holdHere(hint, settle);
      return;
    }
    const { namespace, key } = at;
    const deadline = clock.monotonicMilliseconds() + backgroundTimeoutMilliseconds;
    const body = { namespace, key, target, record, durability };
    messenger.ask(holder, HOLD, body, deadline, (answer) => {
      if (answer.ok) settle(true);
      else this.#holdHere(hint, settle);
    });
  }

  /** What the node holds for absent primaries; undefined: nothing, or it did not answer. */
  held(
    node: NodeId,
    at: RecordKey,
    owners: readonly NodeId[],
    deadline: number,
    settle: (held: Siblings | undefined) => void,
  ): void {
    const { self, hints, messenger } = this.#options;
    const { namespace, key } = at;
    const settleWith = (read: () => Siblings | undefined): void => {
      let held: Siblings | undefined;
      try {
        held = read();
      } catch (error) {
        this.#couldNotRead(node, at, error);
      }
      settle(held);
    };
    if (node === self) {
      settleWith(() => hints.heldFor(at, owners));
      return;
    }
    messenger.ask(node, HELD, { namespace, key }, deadline, (answer) => {
      const record = answer.ok ? answer.reply.record : null;
      settleWith(() => (record === null ? undefined : decodeRecord(at, record)));
    });
  }

  /** An answer that cannot be read is no acknowledgement. */
  #answerOf(replica: NodeId, { start, fate, report }: CopyReply): CopyAnswer | undefined {
    try {
      return { start, fate, report: decodeReport(report) };
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      this.#options.observer.log('warn', 'the report of a replica cannot be read', { replica });
      return undefined;
    }
  }

  #copyOf(
    node: NodeId,
    at: RecordKey,
    want: Want,
    { record, fingerprint, start, missing }: ReadReply,
  ): Copy | undefined {
    try {
      const siblings = record === null ? undefined : decodeRecord(at, record);
      return { node, fingerprint, siblings, want, start, missing: decodeDots(missing) };
    } catch (error) {
      this.#couldNotRead(node, at, error);
      return undefined;
    }
  }

  #readHere(read: ReadOf, settle: Settle<Copy>): void {
    const { self } = this.#options;
    const { at, want, atLeast, floor = NO_DOTS_ASKED } = read;
    const failed = (error: unknown): void => this.#failed(self, at, error, settle);
    let copy: Copy | Promise<Copy>;
    try {
      copy = showRecord(
        this.#options,
        { at, atLeast, dots: floor.dots },
        ({ stored, ...shown }) => ({
          ...{ node: self, siblings: stored?.siblings, place: stored, ...shown },
          want: stored === undefined ? want : 'full',
        }),
      );
    } catch (error) {
      failed(error);
      return;
    }
    if (copy instanceof Promise) copy.then(settle, failed);
    else settle(copy);
  }

  #writeHere({ at, record, durability }: WriteOf, settle: Settle<CopyAnswer>): void {
    const { replica, identity, observer } = this.#options;
    // What is damaged while it waits must not look as if it was written after the damage.
    const { start } = identity;
    replica.mergeAndVouch(at, record, durability).then(
      (fate) => settle({ start, fate, report: undefined }),
      // A full queue, a damaged record: a refusal like any other.
      (error: unknown) => {
        observer.log('warn', 'this replica could not merge a copy', { reason: messageOf(error) });
        settle(undefined, refusalIn(error));
      },
    );
  }

  #holdHere({ target, at, record, durability }: HintOf, settle: (held: boolean) => void): void {
    const { hints, observer } = this.#options;
    const held = async (): Promise<void> => hints.hold(target, at, record, durability).committed;
    held().then(
      () => settle(true),
      (error: unknown) => {
        observer.log('warn', 'a hint could not be held', { target, reason: messageOf(error) });
        settle(false);
      },
    );
  }

  #failed(replica: NodeId, at: RecordKey, error: unknown, settle: Settle<Copy>): void {
    this.#couldNotRead(replica, at, error);
    settle(undefined, refusalIn(error));
  }

  #couldNotRead(replica: NodeId, { partition }: RecordKey, error: unknown): void {
    this.#options.observer.log('debug', 'a replica could not read a record', {
      ...{ replica, partition, reason: messageOf(error) },
    });
  }
}
