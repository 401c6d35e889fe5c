/** Asks all primaries of a key the same, and takes what comes: a union, not a vote. */
import type { Cancel } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';
import type { MessageType } from '../replication/message.js';
import type { PreferenceList } from '../replication/preference-list.js';
import { Quorum, type Requirement } from '../replication/quorum.js';
import type { Collaborators } from './collaborators.js';

export interface Gathering<Request, Reply> {
  readonly list: PreferenceList;
  /** So many must answer; the others have a moment longer. */
  readonly requirements: readonly Requirement[];
  /** On the monotonic clock. */
  readonly deadline: number;
  readonly type: MessageType<Request, Reply>;
  readonly request: Request;
  /** What this node itself says. */
  readonly own: () => Reply;
}

/** Undefined where too few answered. */
export function gather<Request, Reply>(
  { messenger, view, clock, hedgeDelayMilliseconds }: Collaborators,
  gathering: Gathering<Request, Reply>,
): Promise<Reply[] | undefined> {
  const { list, requirements, deadline, type, request, own } = gathering;
  const quorum = new Quorum(requirements);
  const replies = new Map<NodeId, Reply>();
  const up = list.primaries.filter((primary) => primary.up).map(({ node }) => node);
  for (const { node } of list.primaries) if (!up.includes(node)) quorum.fail(node);
  return new Promise((resolve) => {
    let cancel: Cancel = () => undefined;
    const finish = (): void => {
      cancel();
      resolve(quorum.state === 'reached' ? [...replies.values()] : undefined);
    };
    const check = (): void => {
      const all = up.every((node) => quorum.answerOf(node) !== undefined);
      if (all || quorum.state === 'lost') finish();
      else if (quorum.state === 'reached') {
        cancel();
        cancel = clock.after(hedgeDelayMilliseconds, finish);
      }
    };
    const succeed = (node: NodeId, reply: Reply): void => {
      replies.set(node, reply);
      quorum.succeed(node);
    };
    for (const node of up) {
      if (node === view.self) {
        succeed(node, own());
        continue;
      }
      messenger.ask(node, type, request, deadline, (answer) => {
        if (answer.ok) succeed(node, answer.reply);
        else quorum.fail(node);
        check();
      });
    }
    check();
  });
}
