/** Events: one time line of nodes, cuts, settings, damage, clocks and conflicts. */
import { useState } from 'preact/hooks';
import type { ConflictPage, Events as EventList, SettingsChangeList } from '../api-types.js';
import { moment } from '../logic/format.js';
import { type Row, timeLine } from '../logic/time-line.js';
import { useLive, useNow } from '../parts/live.js';
import { Field, Mark, Notice, Panel } from '../parts/parts.js';

const KINDS = [
  'everything',
  'links',
  'settings',
  'conflicts',
  'disks and damage',
  'clocks',
  'other',
];
const SEVERITIES = ['all', 'warnings and errors'];
const SHOWN_MAX = 200;

export function EventsScreen() {
  const now = useNow();
  const [kind, setKind] = useState('everything');
  const [severity, setSeverity] = useState('all');
  const [node, setNode] = useState('all nodes');
  const events = useLive<EventList>('/api/v1/cluster/events?limit=500', 3000);
  const history = useLive<SettingsChangeList>('/api/v1/config/consistency/history', 10_000).data;
  const conflicts = useLive<ConflictPage>('/api/v1/conflicts?limit=50', 10_000).data;
  const rows = timeLine(
    events.data?.events ?? [],
    history?.history ?? [],
    conflicts?.conflicts ?? [],
  );
  const nodes = [...new Set(rows.map((row) => row.node))].filter((id) => id !== '').sort();
  const shown = rows.filter(
    (row) =>
      (kind === 'everything' || row.kind === kind) &&
      (severity === 'all' || row.tone !== 'plain') &&
      (node === 'all nodes' || row.node === node),
  );
  return (
    <Panel
      title="Time line"
      note="By the wall clocks of the nodes, the latest first. Of this life of each node."
      api="GET /api/v1/cluster/events"
      cli="quorate events"
    >
      <div class="row">
        <Field label="What" value={kind} onValue={setKind} choices={KINDS} />
        <Field label="Node" value={node} onValue={setNode} choices={['all nodes', ...nodes]} />
        <Field label="Severity" value={severity} onValue={setSeverity} choices={SEVERITIES} />
      </div>
      {(events.data?.unanswered.length ?? 0) > 0 && (
        <Notice tone="warn">
          {events.data?.unanswered.join(', ')} did not answer: what happened there is missing.
        </Notice>
      )}
      {shown.length === 0 && <p class="muted">Nothing of this kind happened lately.</p>}
      <ol class="line">
        {shown.slice(0, SHOWN_MAX).map((row) => (
          <Line key={row.id} row={row} now={now} />
        ))}
      </ol>
    </Panel>
  );
}

function Line({ row, now }: { readonly row: Row; readonly now: number }) {
  const { at, node, tone, what, detail, times } = row;
  return (
    <li>
      <time class="mono muted" dateTime={at}>
        {moment(at, now)}
      </time>
      <b>{node}</b>
      <Mark tone={tone}>{tone === 'plain' ? 'info' : tone === 'warn' ? 'warning' : 'error'}</Mark>
      <span class="what">
        {what} {times > 1 && <span class="tag">{times} times</span>}{' '}
        <span class="muted">{detail}</span>
      </span>
    </li>
  );
}
