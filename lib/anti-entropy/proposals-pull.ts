/**
 * What an owner under rebuild takes of the strong level from each other owner: promise and active
 * ballot, acceptances and marks (docs/consensus.md, K18).
 */
import type { z } from 'zod';
import { OperatingError } from '../errors.js';
import type { NodeId } from '../environment/transport.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { StoredProposal } from '../persistence/proposals.js';
import { decodeBallots, encodeBallots } from '../persistence/proposals.js';
import { recordKey } from '../persistence/keyspace.js';
import type { DurableAcceptor } from '../replica/durable-acceptor.js';
import type { Messenger } from '../rpc/messenger.js';
import { PROPOSALS } from './messages.js';
import type { Questions } from './questions.js';

type Page = z.infer<typeof PROPOSALS.reply>;

export interface ProposalsPullOptions {
  readonly ownership: Ownership;
  readonly acceptor: DurableAcceptor;
}

/** Registers the handler; called once, when the ring is known. */
export function serveProposals(
  messenger: Messenger,
  { ownership, acceptor }: ProposalsPullOptions,
): void {
  messenger.handle(PROPOSALS, async ({ partition, from }, { from: peer }): Promise<Page> => {
    ownership.assertShared(partition, peer);
    const { ballots, proposals, next } = await acceptor.pageOf(partition, from);
    return {
      ballots: encodeBallots(partition, ballots),
      proposals: proposals.map(({ at, kind, bytes }) => [at.namespace, at.key, kind, bytes]),
      next: next ?? null,
    };
  });
}

/**
 * Resolves when all of it is here, synced. The records are taken after it: what is learned there
 * meanwhile is in them.
 * @throws OperatingError what the peer refused with, or why it could not be asked; `corrupt_bytes`
 */
export async function pullProposals(
  { ownership, acceptor, questions }: ProposalsPullOptions & { readonly questions: Questions },
  peer: NodeId,
  partition: number,
): Promise<void> {
  let from: string | null = '';
  while (from !== null) {
    const page: Page = await questions.ask(peer, PROPOSALS, { partition, from });
    const proposals = page.proposals.map(([namespace, key, kind, bytes]): StoredProposal => {
      const at = recordKey(namespace, key, ownership.partitionCount);
      if (at.partition !== partition) throw strange(peer);
      return { at, kind, bytes };
    });
    const ballots = decodeBallots(partition, page.ballots);
    await acceptor.rebuildFrom(partition, ballots, proposals);
    from = page.next;
  }
}

function strange(peer: NodeId): OperatingError {
  return new OperatingError('corrupt_bytes', `${peer} sent a proposal of another partition`);
}
