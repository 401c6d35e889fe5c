/** What mends a trouble that the status reports, and where more about it is written. */

export interface Mending {
  /** What to begin with; undefined where no command does. */
  readonly command: string | undefined;
  /** A chapter of the documents. */
  readonly chapter: string;
}

export const MENDS = {
  start: (id: string): string => `quorate cluster start-node ${id}`,
  cluster: 'quorate cluster',
  look: 'quorate status',
  failedDisk: 'journalctl -u quorate -n 50',
  fullDisk: 'df -h',
  stalledDisk: 'dmesg -T',
  clock: 'chronyc makestep',
  conflicts: 'quorate conflicts',
  happened: 'quorate events',
  hints: 'quorate hints',
  levels: 'quorate levels',
  settings: 'quorate config get',
} as const;

const RUNBOOKS = 'docs/runbooks.md#';
const OPERATIONS = 'docs/operations.md#';

type Row = readonly [
  alert: RegExp,
  chapter: string,
  command?: (found: string, down: string | undefined) => string,
];

/** By what an alert of the status says; the first that fits. */
const BY_ALERT: readonly Row[] = [
  [/^(\S+) is down$/, `${RUNBOOKS}quoratenodedown`, MENDS.start],
  [/ is suspect$/, `${RUNBOOKS}quoratenodedown`, () => MENDS.happened],
  [/^the disk of \S+ failed$/, `${OPERATIONS}a-disk-that-fails`, () => MENDS.failedDisk],
  [/^the disk of \S+ is nearly/, `${RUNBOOKS}quoratedisknearlyfull`, () => MENDS.fullDisk],
  [/^the disk of \S+ does not/, `${RUNBOOKS}quoratediskstalled`, () => MENDS.stalledDisk],
  [/^the clock of | to trust its own$/, `${RUNBOOKS}quorateclockskew`, () => MENDS.clock],
  [/^the siblings of /, `${RUNBOOKS}quorateconflictsgrowing`, () => MENDS.conflicts],
  [/^the context of /, `${RUNBOOKS}quoratecontextnearlimit`],
  [/ have no quorum$/, `${RUNBOOKS}quoratepartitionswithoutquorum`, (_, down) => startOf(down)],
  [/ lack replicas$/, `${RUNBOOKS}quoratereplicationlag`, (_, down) => startOf(down)],
  [/^nodes have different settings/, `${OPERATIONS}settings`, () => MENDS.settings],
  [/ fewer than \d+ copies$/, 'docs/several-machines.md'],
  [/^two nodes run as | of another cluster /, `${OPERATIONS}ids-and-clusters-that-are-mixed-up`],
];

/** Partitions lack what is on nodes that are down; where none is, it is seen what happened. */
function startOf(down: string | undefined): string {
  return down === undefined ? MENDS.happened : MENDS.start(down);
}

/**
 * Undefined where nothing is known of such an alert.
 * @param down a node that is down, where one is
 */
export function mendingOf(alert: string, down?: string): Mending | undefined {
  for (const [pattern, chapter, command] of BY_ALERT) {
    const found = pattern.exec(alert);
    if (found !== null) return { command: command?.(found[1] ?? '', down), chapter };
  }
  return undefined;
}

/**
 * A line with the name under which the command line can be called here: `./quorate` in a clone.
 * Commands begin with a word, so neither `quorate: ...` nor `-u quorate -n 50` is one.
 */
export function asTyped(line: string, program: string): string {
  return line.replace(/(?<![\w/.-])quorate(?= [a-z])/g, () => program);
}
