/** Numbers that nothing has, as they come with what is learned (docs/consensus.md, K23). */
import type { AcceptorReply, AcceptorRequest } from '../consensus/messages.js';
import type { PartitionHealth } from './health.js';
import type { PartitionClocks } from './partition-clocks.js';

/** The answer: at once, or as a promise where it waits for a disk or for other owners. */
export type Followed = AcceptorReply | undefined | Promise<AcceptorReply | undefined>;

/**
 * The clock counts them as seen, once what was learned with them is in the record: before, the
 * operation of these numbers would be taken for forgotten.
 */
export function noteLearnedVoids(
  { clocks, health }: { readonly clocks: PartitionClocks; readonly health: PartitionHealth },
  partition: number,
  request: AcceptorRequest,
  followed: Followed,
): Followed {
  const voided = request.is === 'learn' ? request.voided : undefined;
  if (voided === undefined || voided.length === 0) return followed;
  const note = (reply: AcceptorReply | undefined): AcceptorReply | undefined => {
    if (!health.isRebuilding(partition)) clocks.noteVoid(partition, voided);
    return reply;
  };
  return followed instanceof Promise ? followed.then(note) : note(followed);
}
