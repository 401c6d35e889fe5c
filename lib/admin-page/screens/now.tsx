/** Now: can I read and write, at which levels? One verdict, its cause, and what mends it. */
import { ApiProblem } from '../api.js';
import type { Levels, Status } from '../api-types.js';
import { count, milliseconds } from '../logic/format.js';
import { quoted } from '../logic/shell.js';
import { type ClusterVerdict, silenceOf, verdictOf } from '../logic/verdict.js';
import { Chart } from '../parts/chart.js';
import { useShared } from '../parts/context.js';
import { useLive } from '../parts/live.js';
import { Bar, Command, Figures, Mark, Panel, Table } from '../parts/parts.js';

/** No command shows metrics: a node is asked for them as Prometheus asks. */
function useMetricsLine(): string {
  const { facts, view } = useShared();
  const nodes = facts?.nodes ?? [];
  const { address = 'NODE' } = nodes.find(({ id }) => id === view) ?? nodes[0] ?? {};
  return `curl -s ${quoted(`http://${address}/metrics`)}`;
}

const SIGNS = { good: '✓', warn: '!', bad: '✕' } as const;

export function OverviewScreen() {
  const { status, statusError, view, ids } = useShared();
  if (status === undefined && statusError === undefined)
    return <p class="muted">Asking the cluster…</p>;
  const isPageGone = statusError instanceof ApiProblem && statusError.status === 0;
  const verdict = status === undefined ? silenceOf({ isPageGone, view, ids }) : verdictOf(status);
  return (
    <>
      <VerdictCard verdict={verdict} alerts={status?.alerts ?? []} />
      <Pulses />
      <div class="pair">
        <LevelsPanel />
        <Failures />
      </div>
      <Degraded />
    </>
  );
}

function VerdictCard({
  verdict,
  alerts,
}: {
  readonly verdict: ClusterVerdict;
  readonly alerts: readonly string[];
}) {
  const { tone, headline, cause, command } = verdict;
  return (
    <section class={`verdict ${tone}`} aria-label="Verdict" aria-live="polite">
      <span class="sign" aria-hidden="true">
        {SIGNS[tone]}
      </span>
      <h2>{headline}</h2>
      <p class="muted">
        {cause}
        {alerts.length > 1 && ` ${alerts.length} alerts: ${alerts.join('; ')}.`}
      </p>
      {command !== undefined && <Command line={command} />}
    </section>
  );
}

function Pulses() {
  const { pulse, status } = useShared();
  const line = useMetricsLine();
  const latest = (name: Parameters<typeof pulse.series.get>[0]) => pulse.series.get(name)?.at(-1);
  const shown = (value: number | undefined, format: (value: number) => string): string =>
    value === undefined ? '–' : format(value);
  const up = status?.nodes.filter(({ state }) => state === 'up').length;
  return (
    <>
      <Figures
        items={[
          ['Nodes up', status === undefined ? '–' : `${up} of ${status.nodes.length}`],
          ['Reads a second', shown(latest('reads'), count)],
          ['Writes a second', shown(latest('writes'), count)],
          ['p99 of reads', shown(latest('readP99'), milliseconds)],
          ['p99 of writes', shown(latest('writeP99'), milliseconds)],
          ['Failures a second', shown(latest('errors'), count)],
          ['Hints a second', shown(latest('hints'), count)],
          ['Degraded answers', count(sumOf(pulse.fallbacks))],
          ...rateLimitOf(status),
        ]}
      />
      <div class="pair">
        <Panel title="Requests a second" api="GET /metrics" cli={line}>
          <Chart
            label="Reads, writes and failures a second, over the last minutes"
            format={count}
            lines={[
              { name: 'reads', label: 'Reads' },
              { name: 'writes', label: 'Writes' },
              { name: 'errors', label: 'Failures' },
            ]}
          />
        </Panel>
        <Panel title="Latency, p99" api="GET /metrics" cli={line}>
          <Chart
            label="The 99th percentile of the latency of reads and writes, over the last minutes"
            format={milliseconds}
            lines={[
              { name: 'readP99', label: 'Reads' },
              { name: 'writeP99', label: 'Writes' },
            ]}
          />
        </Panel>
      </div>
    </>
  );
}

const sumOf = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, one) => sum + one, 0);

/** Nothing where the cluster has none. */
function rateLimitOf(status: Status | undefined): readonly (readonly [string, string])[] {
  const { max = 0, window_s: window, refused = 0 } = status?.clients?.rate_limit ?? {};
  if (max === 0) return [];
  return [
    ['Limit of a client', `${count(max)} in ${window} s`],
    ['Refused for it', count(refused)],
  ];
}

function LevelsPanel() {
  const { data, error } = useLive<Levels>('/api/v1/cluster/levels', 2000);
  const { partitions = 0, levels = [] } = (error === undefined ? data : undefined) ?? {};
  const cell = (reached: number | undefined) => {
    if (reached === undefined) return <span class="muted">–</span>;
    if (reached === partitions) return <Mark tone="good">all</Mark>;
    if (reached === 0) return <Mark tone="bad">none</Mark>;
    return (
      <>
        <Mark tone="warn">
          {reached} of {partitions}
        </Mark>
        <Bar share={reached / Math.max(1, partitions)} tone="warn" />
      </>
    );
  };
  return (
    <Panel
      title="Levels that can be reached"
      note={`of ${partitions} partitions`}
      api="GET /api/v1/cluster/levels"
      cli="quorate levels"
    >
      <Table
        label="Levels"
        head={['Level', 'Reads', 'Writes']}
        rows={levels.map(({ level, reads, writes }) => [
          <code key="level">{level}</code>,
          cell(reads),
          cell(writes),
        ])}
        none="No node has said which levels it reaches."
      />
    </Panel>
  );
}

function Degraded() {
  const { fallbacks } = useShared().pulse;
  return (
    <Panel
      title="Degraded answers"
      note="at a fallback, since this page was opened"
      api="GET /metrics"
      cli="quorate levels"
    >
      <Table
        label="Degraded answers"
        head={['Asked for', '#Answers']}
        rows={[...fallbacks].map(([levels, times]) => [levels, count(times)])}
        none="None: no request fell back from the level that it asked for."
      />
    </Panel>
  );
}

function Failures() {
  const { errors } = useShared().pulse;
  return (
    <Panel
      title="Failures by code"
      note="since this page was opened"
      api="GET /metrics"
      cli={useMetricsLine()}
    >
      <Table
        label="Failures by code"
        head={['Code', '#Requests']}
        rows={[...errors].map(([code, times]) => [<code key={code}>{code}</code>, count(times)])}
        none="None. Answers such as not found and siblings are no failures."
      />
    </Panel>
  );
}
