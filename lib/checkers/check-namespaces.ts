/**
 * Forbids that a value of a namespace shows under another, that what was refused is ever stored,
 * that keys of a namespace that was deleted come back, and that one goes which holds a key, unless
 * it was asked to. Its rules are judged as settings are (check-settings.ts).
 */
import type { Finding } from './history.js';

interface Step {
  readonly id: string;
  readonly namespace: string;
  readonly began: number;
  /** Undefined where there was no answer. */
  readonly ended: number | undefined;
  /** As of writes of keys: `open` may surface at any time, `refused` never. */
  readonly outcome: 'acknowledged' | 'open' | 'refused';
}

export interface NamespaceDelete extends Step {
  /** Was it to go with its keys? */
  readonly withKeys: boolean;
  /** Who has it durably, as the answer says. */
  readonly nodes: readonly string[];
}

export interface NamespacedWrite extends Step {
  readonly key: string;
  /** Unique. */
  readonly value: string;
  /** Does a list at quorum show it, once it is acknowledged, for as long as nothing is lost? */
  readonly isAtQuorum: boolean;
  /** When it had its effect at the latest, if it has any; Infinity: nobody knows. */
  readonly decided: number;
}

export interface NamespacedRead {
  readonly id: string;
  readonly namespace: string;
  readonly key: string;
  readonly node: string;
  readonly began: number;
  readonly ended: number;
  readonly values: readonly string[];
  /** After the calm: every node has heard of every delete. */
  readonly isLast: boolean;
  /** When the disk of the node lost something last. */
  readonly damagedAt: number;
}

export interface NamespaceHistory {
  readonly deletes: readonly NamespaceDelete[];
  readonly writes: readonly NamespacedWrite[];
  readonly reads: readonly NamespacedRead[];
  /** Could acknowledged writes be gone without a delete: by their end, or by loss? */
  readonly mayLose: boolean;
}

export function checkNamespaces(history: NamespaceHistory): Finding[] {
  const messages = [
    ...history.reads.flatMap((read) => read.values.flatMap((value) => shown(history, read, value))),
    ...history.deletes.flatMap((one) => heldKeys(history, one)),
  ];
  return messages.map((message) => ({ checker: 'namespaces', key: '', message }));
}

function shown(history: NamespaceHistory, read: NamespacedRead, value: string): string[] {
  const { deletes, writes } = history;
  const what = `${read.id} at ${read.node} shows ${value} for ${read.key} of ${read.namespace}`;
  const write = writes.find((one) => one.value === value);
  if (write === undefined) return [`${what}, which nobody wrote`];
  if (write.namespace !== read.namespace || write.key !== read.key) {
    return [`${what}, which ${write.id} wrote for ${write.key} of ${write.namespace}`];
  }
  if (write.outcome === 'refused') return [`${what}, though ${write.id} was refused`];
  const ended = deletes.find((one) => {
    if (one.namespace !== read.namespace || one.outcome !== 'acknowledged') return false;
    const isBetween =
      one.began > write.decided && (one.ended ?? Number.POSITIVE_INFINITY) < read.began;
    const isKnown = read.isLast || (one.nodes.includes(read.node) && read.damagedAt < one.began);
    return isBetween && isKnown;
  });
  return ended === undefined ? [] : [`${what}, though ${ended.id} has ended it`];
}

/** An answer that it was empty, while an acknowledged write before it was not deleted. */
function heldKeys(history: NamespaceHistory, one: NamespaceDelete): string[] {
  const { deletes, writes, mayLose } = history;
  if (mayLose || one.withKeys || one.outcome !== 'acknowledged') return [];
  const held = writes.find((write) => {
    const { ended = Number.POSITIVE_INFINITY, namespace, outcome, isAtQuorum } = write;
    const isBefore = namespace === one.namespace && ended < one.began;
    if (!isBefore || outcome !== 'acknowledged' || !isAtQuorum) return false;
    // Another delete may have come between the two, or beside the write.
    return !deletes.some((other) => {
      if (other === one || other.outcome === 'refused') return false;
      return other.namespace === namespace && (other.ended ?? one.began) >= write.began;
    });
  });
  return held === undefined ? [] : [`${one.id} went through, though ${held.id} had put a key`];
}
