/** Writers: who mints versions. An identity never outlives its memory (architecture.md, V1). */
import type { Random } from '../environment/random.js';
import type { NodeId } from '../environment/transport.js';
import { assert } from '../errors.js';

/**
 * `node.start.random`, e.g. `n1.3k.9f2c81d04b7a`: one life of one node, in one partition; another
 * where it had to begin anew. That of the proposals of a ballot ends with the round of the ballot,
 * e.g. `n1.3k.9f2c81d04b7a-5`. Start and round have the base 36. Text, because writers are compared
 * and hashed far more often than taken apart.
 */
export type Writer = string;

const NODE_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
const WRITER = /^[a-z0-9][a-z0-9-]{0,62}\.[0-9a-z]{1,8}\.[0-9a-f]{12}(?:-[1-9a-z][0-9a-z]{0,10})?$/;
const OF_PROPOSALS = /\.(?<start>[0-9a-z]{1,8})\.[0-9a-f]{12}-(?<round>[0-9a-z]{1,11})$/;

/** Node ids are lower case, digits and hyphens, 1 to 63: they appear in versions and URLs. */
export function isNodeId(text: string): boolean {
  return NODE_ID.test(text);
}

export function isWriter(text: string): boolean {
  return WRITER.test(text);
}

/** A writer that nobody was before: `start` is the node's start number, the rest is chance. */
export function freshWriter(node: NodeId, start: number, random: Random): Writer {
  assert(
    isNodeId(node) && Number.isSafeInteger(start) && start > 0,
    'a writer has a node and a start',
  );
  return `${node}.${start.toString(36)}.${Buffer.from(random.bytes(6)).toString('hex')}`;
}

/** One that nobody was before, for the proposals of a ballot. */
export function proposalWriter(
  { node, start, round }: { readonly node: NodeId; readonly start: number; readonly round: number },
  random: Random,
): Writer {
  assert(Number.isSafeInteger(round) && round > 0, 'a ballot has a round');
  return `${freshWriter(node, start, random)}-${round.toString(36)}`;
}

/** Start and round of the ballot whose proposals it numbers; undefined: it numbers others. */
export function ballotPartsOf(
  writer: Writer,
): { readonly start: number; readonly round: number } | undefined {
  const { start, round } = OF_PROPOSALS.exec(writer)?.groups ?? {};
  if (start === undefined || round === undefined) return undefined;
  return { start: Number.parseInt(start, 36), round: Number.parseInt(round, 36) };
}

/** The node that a writer lived on. */
export function nodeOf(writer: Writer): NodeId {
  return writer.slice(0, writer.indexOf('.'));
}
