/** Nodes: who is sick, and who says so? */
import type { NodeRow, Status } from '../api-types.js';
import { bytesText, milliseconds, span } from '../logic/format.js';
import { useShared } from '../parts/context.js';
import { Mark, Panel, Scroll, Table, toneOf } from '../parts/parts.js';
import { gauge, type Pulse } from '../parts/pulse.js';

export function NodesScreen() {
  const { status, pulse } = useShared();
  if (status === undefined) return <p class="muted">No node has said who is up.</p>;
  return (
    <>
      <Matrix status={status} />
      <Panel title="What each says of itself" api="GET /api/v1/cluster/status" cli="quorate status">
        <Table
          label="Nodes"
          head={[
            'Node',
            'State',
            'Zone',
            '#Starts',
            '#Up for',
            '#Clock',
            'Disk',
            '#Room',
            '#Queued',
            '#Hints',
            'Settings',
            'Version',
          ]}
          rows={status.nodes.map((node) => rowOf(node, pulse))}
          none="There are no nodes."
        />
      </Panel>
    </>
  );
}

function rowOf({ id, state, zone, report }: NodeRow, pulse: Pulse) {
  const mark = (
    <Mark tone={toneOf(state)} key="state">
      {state}
    </Mark>
  );
  const name = <b key="id">{id}</b>;
  if (report === undefined) return [name, mark, zone, ...new Array<string>(9).fill('–')];
  const { skew_ms: skew, sane } = report.clock;
  const hints = Object.values(report.hints).reduce((sum, row) => sum + row.count, 0);
  const room = gauge(pulse, id, 'quorate_disk_free_bytes');
  const queued = gauge(pulse, id, 'quorate_peer_queue_bytes');
  const clock = skew === undefined ? 'unknown' : `${skew > 0 ? '+' : ''}${skew} ms`;
  return [
    ...[name, mark, zone, String(report.start), span(report.uptime_s)],
    sane ? clock : <Mark tone="bad">{clock}</Mark>,
    <Mark tone={toneOf(report.storage)} key="disk">
      {report.storage === 'read_only' ? 'full' : report.storage}
    </Mark>,
    room === undefined ? '–' : bytesText(room),
    bytesText(queued ?? 0),
    hints === 0 ? '0' : <Mark tone="warn">{hints}</Mark>,
    <code key="settings">{report.settings_version.slice(0, 8)}</code>,
    report.version,
  ];
}

/** A cut shows at once: two that do not see each other, while others see both. */
function Matrix({ status }: { readonly status: Status }) {
  const { nodes } = status;
  const disagreed = nodes.some(({ id, state }) =>
    nodes.some(({ report }) => report?.sees[id] !== undefined && report.sees[id] !== state),
  );
  return (
    <Panel
      title="Who sees whom"
      note={
        disagreed
          ? 'Nodes disagree: the network is cut, or one is slow.'
          : 'Rows look, columns are seen; with the round trip.'
      }
      api="GET /api/v1/cluster/status"
      cli="quorate status -o json"
    >
      <Scroll label="Who sees whom">
        <table class="matrix">
          <thead>
            <tr>
              <th scope="col">sees</th>
              {nodes.map(({ id }) => (
                <th key={id} scope="col">
                  {id}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {nodes.map((node) => (
              <tr key={node.id}>
                <th scope="row">{node.id}</th>
                {nodes.map((other) => (
                  <td key={other.id}>{seen(node, other.id)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}

function seen({ id, report }: NodeRow, other: string) {
  if (id === other) return <span class="muted">itself</span>;
  if (report === undefined) return <Mark tone="plain">silent</Mark>;
  const state = report.sees[other] ?? 'down';
  const trip = report.round_trips_ms?.[other];
  return (
    <Mark tone={toneOf(state)}>
      {state === 'up' && trip !== undefined ? `up, ${milliseconds(trip)}` : state}
    </Mark>
  );
}
