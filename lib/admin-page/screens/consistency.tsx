/** Consistency: what each level promises, its reach and latency now, and the defaults. */
import { useState } from 'preact/hooks';
import type { Levels, SettingsInForce } from '../api-types.js';
import { defaultChoices } from '../logic/default-choices.js';
import { count, milliseconds } from '../logic/format.js';
import { LEVEL_PROMISES } from '../logic/level-promises.js';
import { settingsLine } from '../logic/lines.js';
import { useReadOnly, useShared } from '../parts/context.js';
import { useLive } from '../parts/live.js';
import { Mark, Panel, Table } from '../parts/parts.js';
import { useSettingsAttempt } from '../parts/settings-attempt.js';

const PATH = '/api/v1/config/consistency';

export function ConsistencyScreen() {
  const levels = useLive<Levels>('/api/v1/cluster/levels', 3000).data;
  const settings = useLive<SettingsInForce>(PATH, 4000);
  const { attempt, shown } = useSettingsAttempt(settings.data, settings.refresh);
  return (
    <>
      <LevelTable levels={levels} />
      <Defaults
        levels={levels}
        settings={settings.data}
        onTry={(fields) =>
          attempt({ path: PATH, body: fields, what: 'Change', cli: settingsLine(fields) })
        }
      />
      {shown}
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
  readonly onTry: (fields: Readonly<Record<string, string>>) => void;
}

function Defaults({ levels, settings, onTry }: DefaultsProps) {
  const isReadOnly = useReadOnly();
  const [chosen, setChosen] = useState<Readonly<Record<string, string>>>({});
  const presentOf = (name: string): string => String(settings?.settings[name] ?? '');
  const rows = [
    { name: 'default_level', what: 'reads', isFor: 'reads' },
    { name: 'default_write_level', what: 'writes', isFor: 'writes' },
  ] as const;
  const changed = Object.fromEntries(
    Object.entries(chosen).filter(([name, level]) => level !== presentOf(name)),
  );
  return (
    <Panel
      title="Defaults"
      note="Of requests that name no level."
      api={`POST ${PATH}`}
      cli={settingsLine(changed)}
    >
      {rows.map(({ name, what, isFor }) => (
        <div class="row" key={name}>
          <span>Default of {what}</span>
          <select
            aria-label={`Default level of ${what}`}
            disabled={isReadOnly}
            value={chosen[name] ?? presentOf(name)}
            onChange={(event) => setChosen({ ...chosen, [name]: event.currentTarget.value })}
          >
            {defaultChoices(levels, isFor, presentOf(name)).map((level) => (
              <option key={level}>{level}</option>
            ))}
          </select>
        </div>
      ))}
      <div class="row">
        <button
          type="button"
          class="primary"
          disabled={isReadOnly || Object.keys(changed).length === 0}
          onClick={() => onTry(changed)}
        >
          Dry run
        </button>
      </div>
    </Panel>
  );
}
