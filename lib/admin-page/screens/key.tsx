/** Key: what happened to this key? */
import { useState } from 'preact/hooks';
import { ApiProblem, copiesPath, type KeyName, keyPath } from '../api.js';
import { keyHash, keyInHash } from '../logic/key-hash.js';
import type { KeyCopies, NamespaceList } from '../api-types.js';
import type { KeyConflicts } from '../key-types.js';
import { ago } from '../logic/format.js';
import { problemWords } from '../logic/problems.js';
import { keyLine } from '../logic/shell.js';
import { valueToText } from '../logic/values.js';
import { useLive, useNow } from '../parts/live.js';
import { Field, Mark, Notice, Panel, Table } from '../parts/parts.js';
import { ExplainPanel } from './key-explain.js';
import { HistoryPanel } from './key-past.js';
import { SiblingsPanel } from './key-siblings.js';

export function KeyScreen({ argument }: { readonly argument: string }) {
  const shown = keyInHash(argument);
  const { namespace } = shown;
  const [typed, setTyped] = useState(shown.key);
  const list = useLive<NamespaceList>('/api/v1/namespaces', 10_000).data;
  const names = (list?.namespaces ?? []).map((one) => one.namespace);
  const look = (name: KeyName): void => {
    location.hash = keyHash(name);
  };
  return (
    <>
      <Panel title="Which key" note="Its state on every owner, its siblings, and its past.">
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            look({ namespace, key: typed });
          }}
        >
          <Field
            label="Namespace"
            value={namespace}
            onValue={(chosen) => look({ namespace: chosen, key: typed })}
            choices={names.includes(namespace) ? names : [namespace, ...names]}
          />
          <Field label="Key" value={typed} onValue={setTyped} placeholder="cart" wide />
          <button type="submit" class="primary" disabled={typed === ''}>
            Look
          </button>
        </form>
      </Panel>
      {shown.key !== '' && <Found key={argument} name={shown} />}
    </>
  );
}

function Found({ name }: { readonly name: KeyName }) {
  const [level, setLevel] = useState('');
  const conflicts = useLive<KeyConflicts>(keyPath(name, '/conflicts'), 3000, level);
  const copies = useLive<KeyCopies>(copiesPath(name), 3000);
  const refresh = (): void => {
    conflicts.refresh();
    copies.refresh();
  };
  const { data, error } = conflicts;
  return (
    <>
      {error !== undefined && <Notice tone="bad">{problemWords(error)}</Notice>}
      <ReadLevel level={level} isShort={isShort(error)} onLevel={setLevel} />
      {data !== undefined && data.siblings.length > 1 && (
        <SiblingsPanel name={name} conflicts={data} onChanged={refresh} />
      )}
      {data !== undefined && data.siblings.length < 2 && <Present name={name} conflicts={data} />}
      <Owners name={name} copies={copies.data} />
      <ExplainPanel name={name} />
      {data !== undefined && <HistoryPanel name={name} conflicts={data} onChanged={refresh} />}
    </>
  );
}

function isShort(error: Error | undefined): boolean {
  return (
    error instanceof ApiProblem && ['level_not_reached', 'deadline_passed'].includes(error.code)
  );
}

interface ReadLevelProps {
  /** Empty: the default one. */
  readonly level: string;
  /** Too few nodes answered. */
  readonly isShort: boolean;
  readonly onLevel: (level: string) => void;
}

/** With few nodes up, what one of them holds is better than nothing, and is said to be that. */
function ReadLevel({ level, isShort, onLevel }: ReadLevelProps) {
  if (level === '' && !isShort) return null;
  return (
    <div class="row">
      {level !== '' && <span>Read at level one: what only other nodes hold is missing.</span>}
      <button type="button" onClick={() => onLevel(level === '' ? 'one' : '')}>
        {level === '' ? 'Read at level one' : 'Read at the default level'}
      </button>
    </div>
  );
}

function Present({
  name,
  conflicts,
}: {
  readonly name: KeyName;
  readonly conflicts: KeyConflicts;
}) {
  const now = useNow();
  const [value] = conflicts.siblings;
  return (
    <Panel
      title="Value"
      note={
        value !== undefined &&
        `${value.version}, written ${ago(value.written_at, now)} through ${value.written_by}`
      }
      api={`GET ${keyPath(name)}`}
      cli={keyLine('get', name)}
    >
      {value === undefined ? (
        <p class="muted">It was deleted, or has expired.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        <pre class="value" tabIndex={0}>
          {valueToText(value)}
        </pre>
      )}
    </Panel>
  );
}

const SAID = {
  holds: undefined,
  nothing: <Mark tone="plain">holds nothing</Mark>,
  silent: <Mark tone="warn">silent</Mark>,
  down: <Mark tone="bad">down</Mark>,
} as const;

function Owners({
  name,
  copies,
}: {
  readonly name: KeyName;
  readonly copies: KeyCopies | undefined;
}) {
  const now = useNow();
  return (
    <Panel
      title="What each owner holds"
      note={copies !== undefined && `partition ${copies.partition}`}
      api={`GET ${copiesPath(name)}`}
      cli={keyLine('copies', name)}
    >
      <Table
        label="Owners"
        head={['Node', 'Role', 'Zone', 'State', 'Versions']}
        rows={(copies?.copies ?? []).map(({ node, role, zone, said, complete, versions }) => [
          <b key="node">{node}</b>,
          role === 'owner' ? 'owner' : 'holds a hint',
          zone ?? '–',
          SAID[said] ?? (
            <Mark tone={complete ? 'good' : 'warn'}>{complete ? 'complete' : 'lags'}</Mark>
          ),
          versions.length === 0
            ? '–'
            : versions.map(({ version, state, written_at, expires_at }) => (
                <div key={version}>
                  <code>{version}</code>{' '}
                  <span class="muted">
                    {state === 'value' ? '' : `${state}, `}
                    {ago(written_at, now)}
                    {expires_at === undefined ? '' : `, until ${expires_at}`}
                  </span>
                </div>
              )),
        ])}
        none="Nobody has said what it holds yet."
      />
    </Panel>
  );
}
