/** Settings: who changed what, and who lacks it? */
import { useState } from 'preact/hooks';
import type { SettingsInForce, SettingsChangeList, SettingValue } from '../api-types.js';
import { ago } from '../logic/format.js';
import { SETTING_CONTROLS, typedValue } from '../logic/setting-rows.js';
import { settingsLine } from '../logic/lines.js';
import { settingText } from '../logic/namespace-rules.js';
import { quoted } from '../logic/shell.js';
import { useReadOnly, useShared } from '../parts/context.js';
import { useLive, useNow } from '../parts/live.js';
import { Mark, Panel, Table } from '../parts/parts.js';
import { useSettingsAttempt } from '../parts/settings-attempt.js';
import { NamespacesPanels } from './namespaces.js';

const PATH = '/api/v1/config/consistency';
type Values = Readonly<Record<string, SettingValue>>;

export function SettingsScreen() {
  const settings = useLive<SettingsInForce>(PATH, 4000);
  const history = useLive<SettingsChangeList>(`${PATH}/history`, 4000);
  const { attempt, shown } = useSettingsAttempt(settings.data, () => {
    settings.refresh();
    history.refresh();
  });
  const now = settings.data;
  if (now === undefined) return <p class="muted">Asking for the settings…</p>;
  return (
    <>
      {shown}
      <Present
        settings={now}
        onTry={(fields) =>
          attempt({ path: PATH, body: fields, what: 'Change', cli: settingsLine(fields) })
        }
      />
      <Lacking version={now.version} />
      <NamespacesPanels />
      <History
        history={history.data?.history ?? []}
        current={now.version}
        onRollback={(version) =>
          attempt({
            ...{ path: `${PATH}/rollback`, body: { version }, what: 'Roll back' },
            cli: `quorate config rollback ${quoted(version)} --dry-run`,
          })
        }
      />
    </>
  );
}

interface ControlProps {
  readonly name: string;
  readonly value: string;
  readonly choices: readonly string[] | undefined;
  readonly onValue: (text: string) => void;
}

function Control({ name, value, choices, onValue }: ControlProps) {
  const disabled = useReadOnly();
  const heard = (event: { readonly currentTarget: { readonly value: string } }): void =>
    onValue(event.currentTarget.value);
  const common = { 'aria-label': name, disabled, value };
  if (choices === undefined) return <input {...common} onInput={heard} />;
  return (
    <select {...common} onChange={heard}>
      {choices.map((choice) => (
        <option key={choice}>{choice}</option>
      ))}
    </select>
  );
}

interface PresentProps {
  readonly settings: SettingsInForce;
  readonly onTry: (fields: Values) => void;
}

function Present({ settings, onTry }: PresentProps) {
  const isReadOnly = useReadOnly();
  const [edited, setEdited] = useState<Values>({});
  const present = settings.settings;
  const edit = (name: string, text: string): void =>
    setEdited({ ...edited, [name]: typedValue(text, present[name]) });
  const fields = Object.fromEntries(
    Object.entries(edited).filter(([name, to]) => present[name] !== to),
  );
  return (
    <Panel
      title="Settings of the cluster"
      note={`version ${settings.version}`}
      api={Object.keys(fields).length === 0 ? `GET ${PATH}` : `POST ${PATH}?dry_run=1`}
      cli={settingsLine(fields)}
    >
      <Table
        label="Settings"
        head={['Setting', 'Value']}
        rows={SETTING_CONTROLS.map(({ name, what, choices }) => {
          const value = String(edited[name] ?? present[name] ?? '');
          return [
            <div key="name">
              <code>{name}</code>
              <div class="small muted">{what}</div>
            </div>,
            <Control
              key="value"
              {...{ name, value, choices }}
              onValue={(text) => edit(name, text)}
            />,
          ];
        })}
        none="There are none."
      />
      <div class="row">
        <button
          type="button"
          class="primary"
          disabled={isReadOnly || Object.keys(fields).length === 0}
          onClick={() => onTry(fields)}
        >
          Dry run
        </button>
        <button
          type="button"
          disabled={Object.keys(edited).length === 0}
          onClick={() => setEdited({})}
        >
          Forget edits
        </button>
      </div>
    </Panel>
  );
}

function Lacking({ version }: { readonly version: string }) {
  const { status } = useShared();
  return (
    <Panel
      title="Who has them"
      note="A node that was away gets them when it is back."
      api="GET /api/v1/cluster/status"
      cli="quorate status"
    >
      <div class="row">
        {(status?.nodes ?? []).map(({ id, report }) => {
          const has = report?.settings_version === version;
          const word = report === undefined ? 'silent' : has ? 'has them' : 'lacks them';
          return (
            <Mark key={id} tone={report === undefined ? 'plain' : has ? 'good' : 'warn'}>
              {id} {word}
            </Mark>
          );
        })}
      </div>
    </Panel>
  );
}

interface HistoryProps {
  readonly history: SettingsChangeList['history'];
  readonly current: string;
  readonly onRollback: (version: string) => void;
}

function History({ history, current, onRollback }: HistoryProps) {
  const isReadOnly = useReadOnly();
  const now = useNow();
  return (
    <Panel
      title="History"
      note="the newest first"
      api={`GET ${PATH}/history`}
      cli="quorate config history"
    >
      <Table
        label="History of the settings"
        head={['When', 'By', 'On', 'Changed', 'Version', 'Back to it']}
        rows={history.map(({ version, at, by, node, changed }) => [
          ago(at, now),
          by,
          node,
          Object.entries(changed).map(([name, { from, to }]) => (
            <div key={name}>
              <code>{name}</code> <del>{settingText(from)}</del> → <ins>{settingText(to)}</ins>
            </div>
          )),
          <code key="version">{version}</code>,
          <button
            key="back"
            type="button"
            class="quiet"
            disabled={isReadOnly || version === current}
            onClick={() => onRollback(version)}
          >
            {version === current ? 'In force' : 'Roll back to it'}
          </button>,
        ])}
        none="They are as the cluster was founded."
      />
    </Panel>
  );
}
