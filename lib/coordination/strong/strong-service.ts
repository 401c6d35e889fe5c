/** What a node does for proposers and coordinators of the strong level elsewhere. */
import { ownDeadline } from '../../environment/by-deadline.js';
import type { Clock } from '../../environment/clock.js';
import type { ForegroundLoad } from '../../environment/foreground-load.js';
import type { NodeId } from '../../environment/transport.js';
import type { Ownership } from '../../partitioning/ownership.js';
import { placeOf, type RecordKey, recordKey } from '../../persistence/keyspace.js';
import { encodeRecord, valuelessOf, withoutValues } from '../../persistence/records.js';
import type { DurableAcceptor } from '../../replica/durable-acceptor.js';
import type { Identity } from '../../replica/identity.js';
import type { Losses } from '../../replica/losses.js';
import type { Messenger } from '../../rpc/messenger.js';
import { BallotWire } from './ballot-wire.js';
import { Explanation } from '../request/explanation.js';
import type { KnownProposers } from './known-proposers.js';
import type { Outcomes } from './outcomes.js';
import type { Proposers } from './proposers.js';
import type { Strong } from './strong.js';
import type { StrongResult } from './strong-effects.js';
import { ASK, PROPOSAL } from './proposal-layouts.js';
import { ProposalWire } from './proposal-wire.js';
import { PROPOSE, type Proposed } from './propose-layout.js';
import { BALLOTS, OUTCOME } from './strong-messages.js';
import type { StrongReports } from './strong-reports.js';
import { StrongWire } from './strong-wire.js';

/** Of the time that is left: the answer to what was passed on must still get back. */
const SHARE_OF_THE_PROPOSER = 0.95;

export interface StrongServiceOptions {
  readonly self: NodeId;
  readonly messenger: Messenger;
  readonly acceptor: DurableAcceptor;
  readonly proposers: Proposers;
  readonly strong: Strong;
  readonly known: KnownProposers;
  readonly outcomes: Outcomes;
  readonly reports: StrongReports;
  readonly ownership: Ownership;
  readonly identity: Identity;
  readonly losses: Losses;
  readonly foreground: ForegroundLoad;
  readonly clock: Clock;
}

/** Registers the handlers; called once. */
export function serveStrong(options: StrongServiceOptions): void {
  serveBallots(options);
  serveProposals(options);
  serveReports(options);
  serveOperations(options);
}

function serveBallots(options: StrongServiceOptions): void {
  const { self, messenger, acceptor, proposers, known, ownership, identity } = options;
  messenger.handle(
    BALLOTS,
    async ({ partition, request: asked }, { from }) => {
      ownership.assertOwns(self, partition);
      const wire = new BallotWire(new StrongWire(partition, ownership.partitionCount));
      const request = wire.requestFrom(asked);
      // What is damaged meanwhile must not look as if it was said after the damage.
      const { start } = identity;
      if (request.is === 'prepare') {
        if (known.refusesCandidate(partition, from)) {
          const { ballot } = request;
          const promised = acceptor.promised(partition);
          const reply = { is: 'refused', ballot, promised } as const;
          return { ...answerOf(options, partition, start), reply };
        }
      } else known.heard(partition, from);
      const handling = acceptor.handle(partition, request);
      proposers.noteBallot(partition);
      const reply = await handling;
      proposers.noteBallot(partition);
      const encoded = reply === undefined ? null : wire.replyTo(reply);
      return { ...answerOf(options, partition, start), reply: encoded };
    },
    { once: true },
  );
}

function serveProposals(options: StrongServiceOptions): void {
  const { self, messenger, acceptor, proposers, known, ownership, identity } = options;
  messenger.handle(
    PROPOSAL,
    ({ partition, request: asked }, { from }) => {
      ownership.assertOwns(self, partition);
      const wire = new ProposalWire(new StrongWire(partition, ownership.partitionCount));
      const request = wire.requestFrom(asked);
      // What is damaged meanwhile must not look as if it was said after the damage.
      const { start } = identity;
      known.heard(partition, from);
      const handling = acceptor.handle(partition, request);
      proposers.noteBallot(partition);
      return handling.then((reply) => {
        proposers.noteBallot(partition);
        return { ...answerOf(options, partition, start), answer: reply && wire.answerTo(reply) };
      });
    },
    { once: true },
  );
}

function serveReports(options: StrongServiceOptions): void {
  const { messenger, reports, outcomes, ownership } = options;
  messenger.handle(ASK, async ({ namespace, key }) => {
    const at = ownKey(options, namespace, key);
    const wire = new ProposalWire(new StrongWire(at.partition, ownership.partitionCount));
    const report = await reports.own(at);
    const { from, promised, isActive, isBusy, record, acceptance } = report;
    const bare = acceptance && { ...acceptance, state: valuelessOf(acceptance.state) };
    return {
      ...answerOf(options, at.partition, from.start),
      ...{ promised, active: isActive, busy: isBusy },
      record: record && withoutValues(at, record),
      acceptance: bare && wire.acceptanceTo(placeOf(at), bare),
    };
  });
  messenger.handle(OUTCOME, async ({ namespace, key, dot, ballot }) => {
    const at = ownKey(options, namespace, key);
    return { outcome: await outcomes.here({ at, dot, ballot }) };
  });
}

function serveOperations({
  self,
  messenger,
  strong,
  ownership,
  foreground,
  clock,
}: StrongServiceOptions): void {
  messenger.handle(
    PROPOSE,
    async (asked, { deadline }) => {
      const { namespace, key, intent, condition, once, decides, takesOver } = asked;
      const until = ownDeadline(clock, deadline, SHARE_OF_THE_PROPOSER);
      const explanation = asked.explains
        ? new Explanation(self, () => clock.monotonicMilliseconds())
        : undefined;
      const at = recordKey(namespace, key, ownership.partitionCount);
      const request = { at, intent, condition, once, deadline: until, explanation };
      const answer = await foreground.during(() => {
        return strong.runForwarded(request, { decides, takesOver });
      });
      const result = answer.is === 'elsewhere' ? answer : resultTo(at, answer.result);
      return { result, explained: explanation?.coursesText };
    },
    { once: true },
  );
}

function resultTo(at: RecordKey, result: StrongResult): Proposed {
  if (result.is === 'applied') return result;
  return { ...result, record: result.record && encodeRecord(at, result.record) };
}

/** With each answer: in which start it is said, and whose earlier answers count no more. */
function answerOf({ losses }: StrongServiceOptions, partition: number, start: number) {
  return { start, lost: losses.of(partition) ?? [] };
}

/** @throws OperatingError `wrong_epoch` where this node does not own it */
function ownKey({ self, ownership }: StrongServiceOptions, namespace: string, key: string) {
  const at = recordKey(namespace, key, ownership.partitionCount);
  ownership.assertOwns(self, at.partition);
  return at;
}
