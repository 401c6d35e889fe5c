/** Namespaces: which rules hold for which keys; made, changed and deleted after a dry run. */
import { useState } from 'preact/hooks';
import { ask } from '../api.js';
import type { NamespaceList } from '../api-types.js';
import { namespaceLine } from '../logic/lines.js';
import { rulesFrom, rulesText } from '../logic/namespace-rules.js';
import { problemWords } from '../logic/problems.js';
import { useReadOnly } from '../parts/context.js';
import { useLive } from '../parts/live.js';
import {
  Field,
  Panel,
  Table,
  ActionResult,
  type ActionOutcome,
  useArrival,
} from '../parts/parts.js';

const PATH = '/api/v1/namespaces';

interface Changed {
  readonly nodes: readonly string[];
}

/** A change that was tried and not made. */
interface Tried {
  readonly what: string;
  readonly apply: () => Promise<void>;
}

export function NamespacesPanels() {
  const list = useLive<NamespaceList>(PATH, 4000);
  const [name, setName] = useState('');
  const [rules, setRules] = useState('');
  const [tried, setTried] = useState<Tried>();
  const [note, setNote] = useState<ActionOutcome>();
  const attempt = async (
    what: string,
    send: (isDry: boolean) => Promise<readonly string[]>,
  ): Promise<void> => {
    setNote(undefined);
    setTried(undefined);
    try {
      await send(true);
      const apply = async (): Promise<void> => {
        setNote(await outcomeOf(() => send(false)));
        setTried(undefined);
        list.refresh();
      };
      setTried({ what, apply });
    } catch (error) {
      setNote({ tone: 'bad', text: problemWords(error) });
    }
  };
  const put = (): Promise<void> =>
    attempt(`${name} with ${rules === '' ? 'no rules' : rules}`, (isDry) =>
      putRules(name, rulesFrom(rules), isDry),
    );
  const remove = (namespace: string): Promise<void> =>
    attempt(`delete ${namespace}, which holds no keys`, (isDry) => removed(namespace, isDry));
  return (
    <>
      <List
        namespaces={list.data?.namespaces ?? []}
        onEdit={(namespace, text) => {
          setName(namespace);
          setRules(text);
        }}
        onDelete={(namespace) => void remove(namespace)}
      />
      <Editor
        {...{ name, rules, tried, note }}
        isNew={!(list.data?.namespaces ?? []).some(({ namespace }) => namespace === name)}
        onName={setName}
        onRules={setRules}
        onTry={put}
      />
    </>
  );
}

async function outcomeOf(send: () => Promise<readonly string[]>): Promise<ActionOutcome> {
  try {
    return { tone: 'good', text: `Done: ${(await send()).join(', ')} have it.` };
  } catch (error) {
    return { tone: 'bad', text: problemWords(error) };
  }
}

async function putRules(namespace: string, rules: unknown, isDry: boolean) {
  const path = `${PATH}/${encodeURIComponent(namespace)}${isDry ? '?dry_run=1' : ''}`;
  const headers = { 'content-type': 'application/json' };
  const sent = { method: 'PUT', headers, body: JSON.stringify(rules) };
  return (await ask<Changed>(path, sent)).body.nodes;
}

async function removed(namespace: string, isDry: boolean) {
  const text = encodeURIComponent(namespace);
  const path = `${PATH}/${text}?confirm=${text}${isDry ? '&dry_run=1' : ''}`;
  return (await ask<Changed>(path, { method: 'DELETE' })).body.nodes;
}

interface ListProps {
  readonly namespaces: NamespaceList['namespaces'];
  readonly onEdit: (namespace: string, rules: string) => void;
  readonly onDelete: (namespace: string) => void;
}

function List({ namespaces, onEdit, onDelete }: ListProps) {
  const isReadOnly = useReadOnly();
  return (
    <Panel
      title="Namespaces"
      note="What the rules leave out is as in the cluster."
      api={`GET ${PATH}`}
      cli="quorate namespace list"
    >
      <Table
        label="Namespaces"
        head={['Namespace', 'Rules', 'Reads at', 'Writes at', 'Durability', 'Change']}
        rows={namespaces.map(({ namespace, rules, effective }) => [
          <b key="name">{namespace}</b>,
          <code key="rules">{rulesText(rules) || '–'}</code>,
          effective.default_level,
          effective.default_write_level,
          effective.durability,
          namespace === 'default' ? (
            '–'
          ) : (
            <div class="row" key="do">
              <button
                type="button"
                class="quiet"
                onClick={() => onEdit(namespace, rulesText(rules))}
              >
                Edit {namespace}
              </button>
              <button
                type="button"
                class="quiet"
                disabled={isReadOnly}
                onClick={() => onDelete(namespace)}
              >
                Delete {namespace}
              </button>
            </div>
          ),
        ])}
        none="No node has answered."
      />
    </Panel>
  );
}

interface EditorProps {
  readonly name: string;
  readonly rules: string;
  readonly tried: Tried | undefined;
  readonly note: ActionOutcome | undefined;
  /** There is none of this name yet. */
  readonly isNew: boolean;
  readonly onName: (name: string) => void;
  readonly onRules: (rules: string) => void;
  readonly onTry: () => Promise<void>;
}

function Editor({ name, rules, tried, note, isNew, onName, onRules, onTry }: EditorProps) {
  const isReadOnly = useReadOnly();
  const place = useArrival(tried);
  return (
    <Panel
      title="Make or change a namespace"
      note="Its rules become these."
      api={name === '' ? `GET ${PATH}` : `PUT ${PATH}/${encodeURIComponent(name)}?dry_run=1`}
      cli={namespaceLine(name, rules, isNew)}
    >
      <div class="row">
        <Field label="Namespace" value={name} onValue={onName} placeholder="shop" />
        <Field
          label="Rules"
          value={rules}
          onValue={onRules}
          placeholder="default_level=one durability=os"
          wide
        />
        <button
          type="button"
          class="primary"
          disabled={isReadOnly || name === ''}
          onClick={() => void onTry()}
        >
          Dry run
        </button>
      </div>
      {tried !== undefined && (
        <div class="row" ref={place} tabIndex={-1}>
          <span>It would go through: {tried.what}.</span>
          <button type="button" class="primary" onClick={() => void tried.apply()}>
            Do it on all nodes
          </button>
        </div>
      )}
      <ActionResult outcome={note} />
    </Panel>
  );
}
