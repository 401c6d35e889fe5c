/** One verdict on the cluster, with its cause and the command that mends it. */
import type { NodeRow, Status } from '../api-types.js';
import { many } from './format.js';
import { MENDS } from './mending.js';

export type Tone = 'good' | 'warn' | 'bad';

export interface ClusterVerdict {
  readonly tone: Tone;
  readonly headline: string;
  readonly cause: string;
  /** What mends it, or shows more. */
  readonly command: string | undefined;
}

interface Silence {
  /** The server of the page is gone too. */
  readonly isPageGone: boolean;
  /** The node whose view is asked for; empty: any. */
  readonly view: string;
  /** Of all nodes that the page knows. */
  readonly ids: readonly string[];
}

/** There is no status. What runs the nodes may run still: then each is started by it. */
export function silenceOf({ isPageGone, view, ids }: Silence): ClusterVerdict {
  if (isPageGone) {
    const cause = 'The server of this page is gone, and a local cluster ends with it.';
    return { tone: 'bad', headline: 'The page has no server', cause, command: MENDS.cluster };
  }
  const who = view === '' ? ids : [view];
  const command = who.length === 0 ? MENDS.cluster : who.map(MENDS.start).join(' && ');
  return view === ''
    ? { tone: 'bad', headline: 'No node answers', cause: NONE_REACHED, command }
    : { tone: 'bad', headline: `${view} does not answer`, cause: ITS_VIEW, command };
}

const NONE_REACHED = 'The page is served, and none of the nodes that it knows can be reached.';
const ITS_VIEW = 'Its view was chosen above: any node shows how the cluster is without it.';

export function verdictOf(status: Status): ClusterVerdict {
  const { partitions_without_quorum: lost, alerts, nodes } = status;
  const cause = causeOf(status);
  if (lost > 0) {
    const which = `${many(lost, 'partition')} of ${status.partitions}`;
    const headline = `${which} cannot be read or written at quorum`;
    return { tone: 'bad', headline, ...cause };
  }
  if (alerts.length === 0 && nodes.every(({ state }) => state === 'up')) {
    return {
      tone: 'good',
      headline: 'Reads and writes work at every level',
      cause: `All ${many(nodes.length, 'node')} are up, and every key has all its copies.`,
      command: undefined,
    };
  }
  return { tone: 'warn', headline: 'Reads and writes go on at quorum', ...cause };
}

type Cause = Pick<ClusterVerdict, 'cause' | 'command'>;

/** The first of what is wrong, most urgent first. */
function causeOf({ nodes, alerts }: Status): Cause {
  const ids = (holds: (node: NodeRow) => boolean): string[] =>
    nodes.filter(holds).map(({ id }) => id);
  const down = ids(({ state }) => state === 'down');
  if (down.length > 0) return downCause(down);
  const silent = ids(({ state }) => state === 'suspect');
  if (silent.length > 0) {
    const cause = `${list(silent)} missed heartbeats: slow, paused, or cut off.`;
    return { cause, command: MENDS.look };
  }
  const failed = ids(({ report }) => report?.storage === 'failed');
  if (failed.length > 0) {
    return { cause: `The disk of ${list(failed)} failed.`, command: MENDS.failedDisk };
  }
  const stalled = ids(({ report }) => report?.storage === 'stalled');
  if (stalled.length > 0) {
    const cause = `The disk of ${list(stalled)} does not answer: writes wait there.`;
    return { cause, command: MENDS.stalledDisk };
  }
  const full = ids(({ report }) => report?.storage === 'read_only');
  if (full.length > 0) {
    return {
      cause: `The disk of ${list(full)} is nearly full: no writes there.`,
      command: MENDS.fullDisk,
    };
  }
  const strange = ids(({ report }) => report?.clock.sane === false);
  if (strange.length > 0) {
    const cause = `The clock of ${list(strange)} differs from the others.`;
    return { cause, command: MENDS.clock };
  }
  return { cause: `${alerts[0] ?? 'Some partitions lack copies'}.`, command: MENDS.look };
}

function downCause(down: readonly string[]): Cause {
  const isOne = down.length === 1;
  const [are, them] = isOne ? ['is', 'it'] : ['are', 'them'];
  const cause = `${list(down)} ${are} down, and writes for ${them} wait as hints.`;
  return { cause, command: down.map(MENDS.start).join(' && ') };
}

function list(ids: readonly string[]): string {
  return ids.length < 2 ? (ids[0] ?? '') : `${ids.slice(0, -1).join(', ')} and ${ids.at(-1) ?? ''}`;
}
