/** One time line of what nodes report, of changed settings, and of conflicts. */
import type { ConflictPage, Events, SettingsChangeList } from '../api-types.js';
import { USUAL_NAMESPACE } from '../api.js';
import { settingText } from './namespace-rules.js';

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
  const reported = new Set(events.filter(({ event }) => event === BEGAN).map(conflictOf));
  const rows = [
    // The history says the same with what changed.
    ...events.filter(({ event }) => event !== 'settings change').map(ofEvent),
    ...history.map(ofChange),
    // What began before the nodes did, and what they remember no more.
    ...conflicts
      .filter((row) => !reported.has(idOf(row.namespace, row.key, row.since)))
      .map(ofConflict),
  ];
  return rows.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

const BEGAN = 'conflict began';
const ENDED = 'conflict ended';

function nameOf(namespace: string, key: string): string {
  return JSON.stringify(namespace === USUAL_NAMESPACE ? key : `${namespace}/${key}`);
}

/** The same conflict, whoever reports it. */
function idOf(namespace: string | undefined, key: string | undefined, since = ''): string {
  return JSON.stringify([namespace, key, Date.parse(since)]);
}

function conflictOf({ fields }: Events['events'][number]): string {
  return idOf(fields['namespace'], fields['key'], fields['since']);
}

function ofEvent(row: Events['events'][number]): Row {
  const { node, number, at, severity, event, fields, times } = row;
  if (event === BEGAN || event === ENDED) return ofTurn(row);
  const detail = Object.entries(fields)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  const id = `${node} ${number} ${at}`;
  return { id, at, node, kind: kindOf(event), tone: TONES[severity], what: event, detail, times };
}

function ofChange({ version, at, node, by, changed }: SettingsChangeList['history'][number]): Row {
  const detail = Object.entries(changed)
    .map(([name, { from, to }]) => `${name}: ${settingText(from)} → ${settingText(to)}`)
    .join(', ');
  const what = `settings changed by ${by}`;
  return { id: version, at, node, kind: 'settings', tone: 'plain', what, detail, times: 1 };
}

const ENDS: Readonly<Record<string, string>> = {
  write: 'a write replaced its values',
  delete: 'it was deleted',
  expiry: 'values of it ended',
  removal: 'it was removed',
};

function ofTurn({
  node,
  number,
  at,
  severity,
  event,
  fields,
  times,
}: Events['events'][number]): Row {
  const { namespace = '', key = '', values = '', version, by = '' } = fields;
  const name = nameOf(namespace, key);
  const what =
    event === BEGAN
      ? `key ${name} has ${values} siblings`
      : `key ${name} is in conflict no more: ${ENDS[by] ?? `resolved by ${by}`}`;
  const detail = version === undefined ? '' : `left: ${version}`;
  const id = `${node} ${number} ${at}`;
  return { id, at, node, kind: 'conflicts', tone: TONES[severity], what, detail, times };
}

function ofConflict({ namespace, key, since }: ConflictPage['conflicts'][number]): Row {
  const id = `conflict ${namespace} ${key}`;
  const what = `key ${nameOf(namespace, key)} is in conflict since then`;
  return { id, at: since, node: '', kind: 'conflicts', tone: 'warn', what, detail: '', times: 1 };
}
