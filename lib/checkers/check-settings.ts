/**
 * Forbids that a setting is another than somebody asked for, or falls back behind a change that was
 * acknowledged. Each field is judged by itself.
 */
import type { Finding } from './history.js';

export type SettingValues = Readonly<Record<string, unknown>>;

export interface SettingsWrite {
  readonly id: string;
  readonly began: number;
  /** Undefined where there was no answer. */
  readonly ended: number | undefined;
  /** As of writes of keys: `open` may surface at any time, `refused` never. */
  readonly outcome: 'acknowledged' | 'open' | 'refused';
  readonly fields: SettingValues;
  /** Who has it durably, as the answer says. */
  readonly nodes: readonly string[];
  /** The version that it was to be made on; undefined: on any. */
  readonly ifMatch: string | undefined;
  /** The version that the answer names. */
  readonly version: string | undefined;
}

export interface SettingsRead {
  readonly id: string;
  readonly node: string;
  readonly began: number;
  readonly ended: number;
  readonly fields: SettingValues;
  readonly version: string;
  /** After the calm: every node has what was ever acknowledged. */
  readonly isLast: boolean;
  /** When the disk of the node lost something last; what it knew before may be gone. */
  readonly damagedAt: number;
}

export interface SettingsHistory {
  /** What every node starts with. */
  readonly initial: SettingValues;
  /** What every answer shows. */
  readonly always: readonly string[];
  readonly writes: readonly SettingsWrite[];
  readonly reads: readonly SettingsRead[];
}

export function checkSettings(history: SettingsHistory): Finding[] {
  const messages = [
    ...history.reads.flatMap((read) => readProblems(history, read)),
    ...conditionProblems(history),
  ];
  return messages.map((message) => ({ checker: 'settings', key: '', message }));
}

function readProblems({ initial, always, writes }: SettingsHistory, read: SettingsRead): string[] {
  const lacking = always.filter((name) => !(name in read.fields));
  const problems = lacking.map((name) => `${read.id} at ${read.node} does not show ${name}`);
  for (const [name, value] of Object.entries(read.fields)) {
    const changes = writes.filter(({ fields, outcome }) => name in fields && outcome !== 'refused');
    const sources = changes.filter(({ fields, began }) => {
      return fields[name] === value && began <= read.ended;
    });
    const isInitial = initial[name] === value;
    const where = `${read.id} at ${read.node} shows ${name} = ${String(value)}`;
    if (!isInitial && sources.length === 0) problems.push(`${where}, which nobody set`);
    const later = changes.find((change) => isLost(change, name, read, sources));
    if (later !== undefined) problems.push(`${where}, though ${later.id} had set another`);
  }
  return problems;
}

/** Should the read show the change, or one that is not wholly before it? */
function isLost(
  change: SettingsWrite,
  name: string,
  read: SettingsRead,
  sources: readonly SettingsWrite[],
): boolean {
  const { outcome, ended = Number.POSITIVE_INFINITY, fields, nodes, began } = change;
  if (outcome !== 'acknowledged' || ended > read.began || fields[name] === read.fields[name]) {
    return false;
  }
  if (!read.isLast && (!nodes.includes(read.node) || read.damagedAt >= began)) return false;
  return !sources.some((source) => source.outcome === 'open' || (source.ended ?? began) >= began);
}

/** A change is made on the newest version that anybody had learned of before, or on a newer one. */
function conditionProblems({ writes }: SettingsHistory): string[] {
  const made = writes.filter(({ outcome }) => outcome === 'acknowledged');
  return made.flatMap(({ id, ifMatch, began }) => {
    if (ifMatch === undefined) return [];
    const before = made.find(({ ended = Number.POSITIVE_INFINITY, version }) => {
      return ended < began && version !== undefined && depthOf(version) > depthOf(ifMatch);
    });
    if (before === undefined) return [];
    return [`${id} was made on ${ifMatch}, though ${before.id} had made ${before.version}`];
  });
}

/** How many changes deep: a version begins with it. */
function depthOf(version: string): number {
  return Number.parseInt(version, 10);
}
