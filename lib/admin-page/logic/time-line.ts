/** One time line of what nodes tell, of changed settings, and of conflicts that began. */
import type { ConflictPage, Events, SettingsChangeList } from '../api-types.js';

export interface Row {
  readonly id: string;
  readonly at: string;
  readonly node: string;
  readonly kind: string;
  readonly tone: 'plain' | 'warn' | 'bad';
  readonly what: string;
  readonly detail: string;
  readonly times: number;
}

const TONES = { info: 'plain', warn: 'warn', error: 'bad' } as const;

/** By what an event is called; the first that fits. */
const KINDS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['settings', /settings/],
  ['clocks', /clock/],
  ['links', /peer|address|founded|founders/],
  ['disks and damage', /disk|damage|rebuil|storage|engine|stored|index|ticket|differed/],
];

function kindOf(event: string): string {
  return KINDS.find(([, pattern]) => pattern.test(event))?.[0] ?? 'other';
}

export function timeLine(
  events: Events['events'],
  history: SettingsChangeList['history'],
  conflicts: ConflictPage['conflicts'],
): Row[] {
  const rows = [
    // The history tells the same with what changed.
    ...events.filter(({ event }) => event !== 'settings change').map(ofEvent),
    ...history.map(ofChange),
    ...conflicts.map(ofConflict),
  ];
  return rows.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

function ofEvent({
  node,
  number,
  at,
  severity,
  event,
  fields,
  times,
}: Events['events'][number]): Row {
  const detail = Object.entries(fields)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  const id = `${node} ${number} ${at}`;
  return { id, at, node, kind: kindOf(event), tone: TONES[severity], what: event, detail, times };
}

function ofChange({ version, at, node, by, changed }: SettingsChangeList['history'][number]): Row {
  const detail = Object.entries(changed)
    .map(([name, { from, to }]) => `${name}: ${String(from)} → ${String(to)}`)
    .join(', ');
  const what = `settings changed by ${by}`;
  return { id: version, at, node, kind: 'settings', tone: 'plain', what, detail, times: 1 };
}

function ofConflict({ namespace, key, since }: ConflictPage['conflicts'][number]): Row {
  const id = `conflict ${namespace} ${key}`;
  const what = `key ${JSON.stringify(key)} is in conflict since then`;
  return { id, at: since, node: '', kind: 'conflicts', tone: 'warn', what, detail: '', times: 1 };
}
