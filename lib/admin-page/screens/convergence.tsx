/** Convergence: is everything everywhere yet? */
import { useState } from 'preact/hooks';
import { change } from '../api.js';
import type { Convergence as Report, ExchangeResult, HintList } from '../api-types.js';
import { ago, bytesText, count, many, span } from '../logic/format.js';
import { problemWords } from '../logic/problems.js';
import { useReadOnly } from '../parts/context.js';
import { useLive, useNow } from '../parts/live.js';
import {
  Bar,
  Mark,
  Notice,
  Panel,
  Scroll,
  Table,
  ActionResult,
  type ActionOutcome,
} from '../parts/parts.js';

export function ConvergenceScreen() {
  const report = useLive<Report>('/api/v1/cluster/convergence', 3000).data;
  const hints = useLive<HintList>('/api/v1/cluster/hints', 2000).data;
  if (report === undefined) return <p class="muted">Asking the nodes…</p>;
  return (
    <>
      <Answer report={report} hints={hints} />
      <HintsPanel hints={hints} />
      <Exchanges report={report} />
      <Upkeep report={report} />
    </>
  );
}

function Answer({
  report,
  hints,
}: {
  readonly report: Report;
  readonly hints: HintList | undefined;
}) {
  const { nodes, unanswered } = report;
  const waiting = hints?.hints.reduce((sum, row) => sum + row.count, 0) ?? 0;
  const rebuilding = nodes.reduce((sum, row) => sum + row.rebuilding.length, 0);
  const last = nodes.flatMap(({ exchanges }) => exchanges);
  const failed = last.filter(({ result }) => result === 'failed');
  const different = last.filter(({ result }) => result === 'different');
  if (unanswered.length > 0) {
    return (
      <Notice tone="warn">
        {unanswered.join(', ')} did not answer: nobody knows what is missing there.
      </Notice>
    );
  }
  if (rebuilding > 0)
    return <Notice tone="warn">{many(rebuilding, 'partition')} under rebuild.</Notice>;
  if (waiting > 0) return <Notice tone="warn">{many(waiting, 'hint')} on the way.</Notice>;
  if (failed.length > 0) {
    return <Notice tone="warn">{many(failed.length, 'pair')} could not be compared lately.</Notice>;
  }
  if (different.length > 0) {
    return (
      <Notice>
        {many(different.length, 'pair')} differed at the last exchange, and took what they lacked.
        While writes go on that is usual.
      </Notice>
    );
  }
  return (
    <Notice tone="good">Yes: no hint waits, and every pair was alike at its last exchange.</Notice>
  );
}

function HintsPanel({ hints }: { readonly hints: HintList | undefined }) {
  const now = useNow();
  const end = (time: string | undefined): string => {
    if (time === undefined) return 'unknown';
    return `in ${span(Math.max(0, (Date.parse(time) - now) / 1000))}`;
  };
  return (
    <Panel
      title="Hints"
      note="What absent nodes missed, held by others until they are back."
      api="GET /api/v1/cluster/hints"
      cli="quorate hints"
    >
      <Table
        label="Hints"
        head={['Held by', 'For', '#Hints', '#Bytes', 'Oldest', 'Delivered', 'Why they wait']}
        rows={(hints?.hints ?? []).map((row) => [
          <b key="holder">{row.holder}</b>,
          <b key="target">{row.target}</b>,
          count(row.count),
          bytesText(row.bytes),
          row.oldest === undefined ? '–' : ago(row.oldest, now),
          end(row.estimated_end),
          row.reason,
        ])}
        none="None waits."
      />
    </Panel>
  );
}

const TONES = { alike: 'good', different: 'warn', failed: 'bad' } as const;

function Exchanges({ report }: { readonly report: Report }) {
  const now = useNow();
  const ids = report.nodes.map(({ node }) => node);
  return (
    <Panel
      title="Last exchange of each pair"
      note="Rows compared themselves with columns, and took what they lacked."
      api="POST /api/v1/cluster/exchange"
      cli="quorate exchange --dry-run"
    >
      <Scroll label="Exchanges">
        <table class="matrix">
          <thead>
            <tr>
              <th scope="col">with</th>
              {ids.map((id) => (
                <th key={id} scope="col">
                  {id}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {report.nodes.map(({ node, exchanges }) => (
              <tr key={node}>
                <th scope="row">{node}</th>
                {ids.map((id) => {
                  const last = exchanges.find(({ peer }) => peer === id);
                  if (id === node)
                    return (
                      <td key={id} class="muted">
                        itself
                      </td>
                    );
                  if (last === undefined)
                    return (
                      <td key={id} class="muted">
                        not yet
                      </td>
                    );
                  return (
                    <td key={id}>
                      <Mark tone={TONES[last.result]}>{last.result}</Mark>
                      <div class="small muted">
                        {ago(last.at, now)}
                        {last.records > 0 && `, took ${count(last.records)}`}
                      </div>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <Compare />
    </Panel>
  );
}

function Compare() {
  const isReadOnly = useReadOnly();
  const [outcome, setOutcome] = useState<ActionOutcome>();
  const run = async (isDry: boolean): Promise<void> => {
    setOutcome({ tone: undefined, text: 'Every node compares itself with every other…' });
    try {
      const path = `/api/v1/cluster/exchange${isDry ? '?dry_run=1' : ''}`;
      const { body } = await change<ExchangeResult>(path, {});
      const peers = body.nodes.flatMap((row) => row.peers);
      const sum = (of: (row: (typeof peers)[number]) => number): number =>
        peers.reduce((total, row) => total + of(row), 0);
      const failed = [...body.nodes, ...peers].filter(({ error }) => error !== undefined).length;
      const differences = sum((row) => row.differences);
      const text = `${many(differences, 'difference')}, ${many(
        sum((row) => row.records),
        'record',
      )} taken, ${count(failed)} could not be compared.`;
      setOutcome({ tone: failed > 0 || (isDry && differences > 0) ? 'warn' : 'good', text });
    } catch (error) {
      setOutcome({ tone: 'bad', text: problemWords(error) });
    }
  };
  return (
    <>
      <div class="row">
        <button type="button" disabled={isReadOnly} onClick={() => void run(true)}>
          Compare all, change nothing
        </button>
        <button type="button" disabled={isReadOnly} onClick={() => void run(false)}>
          Exchange now
        </button>
      </div>
      <ActionResult outcome={outcome} />
    </>
  );
}

function Upkeep({ report }: { readonly report: Report }) {
  return (
    <Panel
      title="Rebuilds, scrubs, tombstones"
      api="GET /api/v1/cluster/convergence"
      cli="quorate convergence"
    >
      <Table
        label="Upkeep"
        head={[
          'Node',
          'Rebuilding',
          'Scrubbed in this life',
          '#Tombstones',
          'Due and kept, because',
        ]}
        rows={report.nodes.map(({ node, rebuilding, scrubbed, owned, tombstones, blocked }) => [
          <b key="node">{node}</b>,
          rebuilding.length === 0 ? (
            <Mark tone="good">none</Mark>
          ) : (
            <Mark tone="warn">{many(rebuilding.length, 'partition')}</Mark>
          ),
          <div key="scrub" class="row small">
            {scrubbed} of {owned}
            <Bar share={scrubbed / Math.max(1, owned)} tone="good" />
          </div>,
          count(tombstones),
          blocked.length === 0
            ? '–'
            : blocked.map(({ reason, count: times }) => `${reason} (${times})`).join(', '),
        ])}
        none="No node has answered."
      />
    </Panel>
  );
}
