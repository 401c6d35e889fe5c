/** The past of a key: kept versions, and what resolutions dropped; both can be restored. */
import { useEffect, useState } from 'preact/hooks';
import { ask, type KeyName, keyPath } from '../api.js';
import type { KeyConflicts, DroppedByResolution, EncodedValue, KeyVersions } from '../key-types.js';
import { ago, bytesText } from '../logic/format.js';
import { isValueNow, stateNow } from '../logic/past.js';
import { keyLine } from '../logic/shell.js';
import { bodyOf, valueToText } from '../logic/values.js';
import { problemWords } from '../logic/problems.js';
import { useReadOnly } from '../parts/context.js';
import { useLive, useNow } from '../parts/live.js';
import { Panel, Table, ActionResult, type ActionOutcome } from '../parts/parts.js';

/** @param readValue rejects where the value cannot be had any more */
type OnRestore = (
  version: string,
  readValue: () => EncodedValue | Promise<EncodedValue>,
) => Promise<void>;

interface PastProps {
  readonly name: KeyName;
  readonly conflicts: KeyConflicts;
  readonly onChanged: () => void;
}

export function HistoryPanel({ name, conflicts, onChanged }: PastProps) {
  const [outcome, setOutcome] = useState<ActionOutcome>();
  const versions = useLive<KeyVersions>(keyPath(name, '/versions'), 5000);
  const held = conflicts.siblings.map(({ version }) => version).join(' ');
  // Another value: what was superseded by it is shown at once.
  useEffect(() => versions.refresh(), [held]);
  /** As a new write that has seen what is there now. */
  const restore: OnRestore = async (version, readValue) => {
    const context = conflicts.context;
    const seen = context === undefined ? {} : { 'x-causal-context': context };
    try {
      const { headers, body } = bodyOf(await readValue());
      await ask(keyPath(name), { method: 'PUT', headers: { ...headers, ...seen }, body });
      setOutcome({ tone: 'good', text: `The value of ${version} is the value now.` });
      versions.refresh();
      onChanged();
    } catch (error) {
      setOutcome({ tone: 'bad', text: problemWords(error) });
    }
  };
  return (
    <>
      <ActionResult outcome={outcome} />
      <Audit name={name} conflicts={conflicts} onRestore={restore} />
      <Kept
        name={name}
        versions={(versions.data?.versions ?? []).map((row) => ({
          ...row,
          state: stateNow(row, conflicts.siblings),
        }))}
        onRestore={restore}
      />
    </>
  );
}

interface AuditProps {
  readonly name: KeyName;
  readonly conflicts: KeyConflicts;
  readonly onRestore: OnRestore;
}

function Audit({ name, conflicts, onRestore }: AuditProps) {
  const now = useNow();
  const past = conflicts.resolutions.flatMap((row) => row.dropped.map((one) => ({ ...one, row })));
  return (
    <Panel
      title="Audit"
      note="What resolutions dropped, and blind writes that met a conflict; no plain overwrites."
      api={`GET ${keyPath(name, '/conflicts')}`}
      cli={keyLine('conflicts', name)}
    >
      <Table
        label="Audit"
        head={['When', 'How', 'By', 'Version', 'Value', 'Restore']}
        rows={past.map(({ row, ...one }) => [
          ago(row.at, now),
          row.strategy,
          row.by,
          <code key="version">{one.version}</code>,
          <DroppedValue key="value" dropped={one} />,
          isValueNow(one, conflicts.siblings) ? (
            <span class="tag accent">is the value now</span>
          ) : (
            <Restore
              key="restore"
              disabled={one.value_left_out === true}
              onClick={() => void onRestore(one.version, () => one)}
            />
          ),
        ])}
        none="Nothing was dropped."
      />
    </Panel>
  );
}

function DroppedValue({ dropped }: { readonly dropped: DroppedByResolution }) {
  if (dropped.value_left_out === true)
    return <span class="muted">left out, {bytesText(dropped.bytes)}</span>;
  const text = valueToText(dropped);
  return <code>{text.length > 60 ? `${text.slice(0, 60)}…` : text}</code>;
}

function Restore({
  disabled,
  onClick,
}: {
  readonly disabled: boolean;
  readonly onClick: () => void;
}) {
  const isReadOnly = useReadOnly();
  return (
    <button type="button" class="quiet" disabled={disabled || isReadOnly} onClick={onClick}>
      Restore
    </button>
  );
}

type VersionRow = Omit<KeyVersions['versions'][number], 'state'> & {
  readonly state: ReturnType<typeof stateNow>;
};

interface KeptProps {
  readonly name: KeyName;
  readonly versions: readonly VersionRow[];
  readonly onRestore: OnRestore;
}

function Kept({ name, versions, onRestore }: KeptProps) {
  const now = useNow();
  const path = (version: string) => keyPath(name, '', `version=${encodeURIComponent(version)}`);
  const readValue = async (version: string): Promise<EncodedValue> => {
    const headers = { accept: 'application/json' };
    return (await ask<EncodedValue>(path(version), { headers })).body;
  };
  return (
    <Panel
      title="Versions"
      note="Superseded ones stay as long as the settings versions_kept and versions_kept_for_s say."
      api={`GET ${keyPath(name, '/versions')}`}
      cli={keyLine('versions', name)}
    >
      <Table
        label="Versions"
        head={['Version', 'State', 'Written', 'Through', 'Type', '#Size', 'Restore']}
        rows={versions.map((row) => [
          <code key="version">{row.version}</code>,
          <span key="state" class={row.state === 'current' ? 'tag accent' : 'tag'}>
            {row.state}
          </span>,
          ago(row.written_at, now),
          row.written_by,
          row.content_type,
          bytesText(row.bytes),
          <Restore
            key="restore"
            disabled={row.state !== 'kept'}
            onClick={() => void onRestore(row.version, () => readValue(row.version))}
          />,
        ])}
        none="No version is kept."
      />
    </Panel>
  );
}
