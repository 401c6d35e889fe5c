/** Consistency: what each level promises, its reach and latency now, and the defaults. */
import { useState } from 'preact/hooks';
import { change } from '../api.js';
import type { Levels, SettingsInForce } from '../api-types.js';
import { defaultChoices } from '../logic/default-choices.js';
import { count, milliseconds } from '../logic/format.js';
import { LEVEL_PROMISES } from '../logic/level-promises.js';
import { settingsLine } from '../logic/lines.js';
import { problemWords } from '../logic/problems.js';
import { useReadOnly, useShared } from '../parts/context.js';
import { useLive } from '../parts/live.js';
import { Mark, Panel, Table, ActionResult, type ActionOutcome } from '../parts/parts.js';

const PATH = '/api/v1/config/consistency';

export function ConsistencyScreen() {
  const levels = useLive<Levels>('/api/v1/cluster/levels', 3000).data;
  const settings = useLive<SettingsInForce>(PATH, 4000);
  const [note, setNote] = useState<ActionOutcome>();
  const set = async (name: string, level: string): Promise<void> => {
    try {
      const headers = { 'if-match': `"${settings.data?.version ?? ''}"` };
      await change(PATH, { [name]: level }, headers);
      setNote({ tone: 'good', text: `${name} is ${level} on all nodes that are up.` });
      settings.refresh();
    } catch (error) {
      setNote({ tone: 'bad', text: problemWords(error) });
    }
  };
  return (
    <>
      <LevelTable levels={levels} />
      <Defaults
        levels={levels}
        settings={settings.data}
        outcome={note}
        onSet={(name, level) => void set(name, level)}
      />
    </>
  );
}

function LevelTable({ levels }: { readonly levels: Levels | undefined }) {
  const { levels: latencies } = useShared().pulse;
  const latency = (operation: string, level: string): string => {
    const found = latencies.get(`${operation} ${level}`);
    if (found?.p50 === undefined || found.p99 === undefined || found.requests === 0) return '–';
    return `${milliseconds(found.p50)} / ${milliseconds(found.p99)} (${count(found.requests)})`;
  };
  const reach = (reached: number | undefined) => {
    if (levels === undefined || reached === undefined) return <span class="muted">not for it</span>;
    const isAll = reached === levels.partitions;
    const tone = isAll ? 'good' : reached === 0 ? 'bad' : 'warn';
    return <Mark tone={tone}>{isAll ? 'everywhere' : `${reached} of ${levels.partitions}`}</Mark>;
  };
  return (
    <Panel
      title="Levels"
      note="Latency: median / p99 (requests) since this page was opened."
      api="GET /api/v1/cluster/levels"
      cli="quorate levels"
    >
      <Table
        label="Levels"
        head={[
          'Level, and who must answer',
          'Reads reach',
          'Writes reach',
          '#Read latency',
          '#Write latency',
        ]}
        rows={(levels?.levels ?? []).map(({ level, reads, writes }) => [
          <div key="level">
            <code>{level}</code>
            <div class="small muted">{LEVEL_PROMISES[level] ?? ''}</div>
          </div>,
          reach(reads),
          reach(writes),
          latency('read', level),
          latency('write', level),
        ])}
        none="No node has answered."
      />
    </Panel>
  );
}

interface DefaultsProps {
  readonly levels: Levels | undefined;
  readonly settings: SettingsInForce | undefined;
  readonly outcome: ActionOutcome | undefined;
  readonly onSet: (name: string, level: string) => void;
}

function Defaults({ levels, settings, outcome, onSet }: DefaultsProps) {
  const isReadOnly = useReadOnly();
  const presentOf = (name: string): string => String(settings?.settings[name] ?? '');
  const rows = [
    { name: 'default_level', what: 'reads', isFor: 'reads' },
    { name: 'default_write_level', what: 'writes', isFor: 'writes' },
  ] as const;
  return (
    <Panel
      title="Defaults"
      note="Of requests that name no level."
      api={`POST ${PATH}`}
      cli={settingsLine(Object.fromEntries(rows.map(({ name }) => [name, presentOf(name)])))}
    >
      {rows.map(({ name, what, isFor }) => (
        <div class="row" key={name}>
          <span>Default of {what}</span>
          <select
            aria-label={`Default level of ${what}`}
            disabled={isReadOnly}
            value={presentOf(name)}
            onChange={(event) => onSet(name, event.currentTarget.value)}
          >
            {defaultChoices(levels, isFor, presentOf(name)).map((level) => (
              <option key={level}>{level}</option>
            ))}
          </select>
        </div>
      ))}
      <ActionResult outcome={outcome} />
    </Panel>
  );
}
