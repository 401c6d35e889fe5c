/**
 * Forbids what sessions and causality forbid, by what each request said with its token that it had
 * seen: read your writes, monotonic reads, monotonic writes, writes follow reads; and the same for
 * what a causal reader took over from the writers of what it was shown.
 *
 * The bad patterns of causal memory are among them: a read that shows an old value (WriteCORead) or
 * none (WriteCOInitRead) although its past has a newer one; a past that holds itself (CyclicCO).
 */
import { Causality } from './causality.js';
import type { Finding, History, RecordedRead, RecordedWrite, VersionName } from './history.js';

/** One read or write that said what it had seen. */
interface SessionStepOf {
  readonly id: string;
  readonly key: string;
  readonly read?: RecordedRead;
  readonly write?: RecordedWrite;
}

/** What a request must not be answered below. */
interface Past {
  readonly step: SessionStepOf;
  /** Known by what the client was answered itself; else through the writers of what it read. */
  readonly isOwn: boolean;
}

export function checkSessions(history: History): Finding[] {
  return findingsOf(history);
}

/** How often requests had a past, and of one that only others had seen. */
export function countSessionSteps(history: History): {
  readonly own: number;
  readonly causal: number;
} {
  const steps = stepsOf(history);
  const writersOf = writersByVersion(history);
  let own = 0;
  let causal = 0;
  for (const step of steps.values()) {
    const past = pastOf(step, steps, writersOf).filter((one) => one.step.key === step.key);
    if (past.some(({ isOwn }) => isOwn)) own += 1;
    if (past.some(({ isOwn }) => !isOwn)) causal += 1;
  }
  return { own, causal };
}

function findingsOf(history: History): Finding[] {
  const steps = stepsOf(history);
  const writersOf = writersByVersion(history);
  const causalityOf = Causality.byKey(history.writes);
  const readsOf = readsByVersion(history);
  return [...steps.values()].flatMap((step): Finding[] => {
    const { id, key, read, write } = step;
    const past = pastOf(step, steps, writersOf);
    const isCyclic = past.some((one) => one.step.id === id);
    const message = `${id} is in its own past (CyclicCO)`;
    const cyclic = isCyclic ? [{ checker: 'causality', key, message }] : [];
    const causality = causalityOf(key);
    const here = past.filter((one) => one.step.key === key && one.step.id !== id);
    const isRead = read !== undefined && isJudged(read);
    const missed = isRead ? here.flatMap((one) => whatReadMisses(causality, read, one)) : [];
    const shownBy = readsOf.get(`${key} ${write?.version}`) ?? [];
    const shown = shownBy.flatMap((reader) =>
      here.flatMap((one) => whatWriteMisses(causality, id, reader, one)),
    );
    return [...cyclic, ...missed, ...shown];
  });
}

function whatReadMisses(causality: Causality, read: RecordedRead, past: Past): Finding[] {
  const { id, key, versions, ended } = read;
  const shown = new Set(versions.map(({ version }) => version));
  const { step } = past;
  const names = {
    checker: past.isOwn ? 'sessions' : 'causality',
    own: step.write === undefined ? 'monotonic reads' : 'read your writes',
    pattern: shown.size === 0 ? 'WriteCOInitRead' : 'WriteCORead',
  };
  const rule = past.isOwn ? names.own : names.pattern;
  return requiredBy(step).flatMap((required): Finding[] => {
    const { checker } = names;
    const findings: Finding[] = [];
    if (!causality.accountsFor(shown, required, ended)) {
      const message = `${id} misses ${required}, which ${step.id} had seen (${rule})`;
      findings.push({ checker, key, message });
    }
    for (const old of shown) {
      const isTaken = step.write?.version === required && causality.took(required, old);
      if (!isTaken && !causality.covers(required, old)) continue;
      const by = `${required} of ${step.id}`;
      const message = `${id} shows ${old}, which ${by} had superseded (${rule})`;
      findings.push({ checker, key, message });
    }
    return findings;
  });
}

/** Whoever is shown a write is shown, or may miss, what its writer had seen of the key. */
function whatWriteMisses(
  causality: Causality,
  writeId: string,
  { id, key, versions, ended }: RecordedRead,
  { step, isOwn }: Past,
): Finding[] {
  const shown = new Set(versions.map(({ version }) => version));
  const rule = step.write === undefined ? 'writes follow reads' : 'monotonic writes';
  return requiredBy(step).flatMap((required): Finding[] => {
    if (causality.accountsFor(shown, required, ended)) return [];
    const seen = `${required}, which ${step.id} had seen`;
    const message = `${id} shows ${writeId} without ${seen} (${rule})`;
    return [{ checker: isOwn ? 'sessions' : 'causality', key, message }];
  });
}

/** Versions that are there for certain, since this was answered. */
function requiredBy({ read, write }: SessionStepOf): readonly VersionName[] {
  if (read !== undefined) {
    return isJudged(read) ? read.versions.map(({ version }) => version) : [];
  }
  const isKept = write?.outcome === 'acknowledged' && write.version !== undefined;
  return isKept && write.version !== undefined ? [write.version] : [];
}

/** May what it says be held against the store? */
function isJudged({ session }: RecordedRead): boolean {
  return session?.mayBeLost !== true;
}

/** All that a request had seen by what it said, its own session's first; nearest first. */
function pastOf(
  step: SessionStepOf,
  steps: ReadonlyMap<string, SessionStepOf>,
  writersOf: ReadonlyMap<string, SessionStepOf>,
): Past[] {
  const past = new Map<string, Past>();
  const open = afterOf(step).map((id) => ({ id, isOwn: true }));
  const adopted: typeof open = [];
  for (let next = open.shift() ?? adopted.shift(); next; next = open.shift() ?? adopted.shift()) {
    const { id, isOwn } = next;
    const one = steps.get(id);
    if (one === undefined || past.has(id)) continue;
    past.set(id, { step: one, isOwn });
    for (const before of afterOf(one)) (isOwn ? open : adopted).push({ id: before, isOwn });
    if (one.read?.session?.isCausal !== true) continue;
    for (const { version } of one.read.versions) {
      const writer = writersOf.get(`${one.key} ${version}`);
      if (writer?.write?.session?.isCausal === true) adopted.push({ id: writer.id, isOwn: false });
    }
  }
  return [...past.values()];
}

function afterOf({ read, write }: SessionStepOf): readonly string[] {
  return (read ?? write)?.session?.after ?? [];
}

function stepsOf({ reads, writes }: History): Map<string, SessionStepOf> {
  const steps = new Map<string, SessionStepOf>();
  for (const read of reads) {
    if (read.session !== undefined) steps.set(read.id, { id: read.id, key: read.key, read });
  }
  for (const write of writes) {
    if (write.session !== undefined) steps.set(write.id, { id: write.id, key: write.key, write });
  }
  return steps;
}

function writersByVersion({ writes }: History): Map<string, SessionStepOf> {
  return new Map(
    writes.flatMap((write) => {
      const { id, key, version } = write;
      return version === undefined ? [] : [[`${key} ${version}`, { id, key, write }] as const];
    }),
  );
}

function readsByVersion({ reads }: History): Map<string, RecordedRead[]> {
  const byVersion = new Map<string, RecordedRead[]>();
  for (const read of reads) {
    for (const { version } of read.versions) {
      const name = `${read.key} ${version}`;
      const known = byVersion.get(name);
      if (known === undefined) byVersion.set(name, [read]);
      else known.push(read);
    }
  }
  return byVersion;
}
