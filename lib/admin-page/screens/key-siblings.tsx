/** The siblings of a key side by side, with a diff, and their resolution. */
import { useState } from 'preact/hooks';
import { change, keyPath } from '../api.js';
import type { KeyConflicts, ConflictSibling, EncodedValue } from '../key-types.js';
import { diffLines } from '../logic/diff.js';
import { ago, many } from '../logic/format.js';
import { raceOf } from '../logic/races.js';
import { quoted } from '../logic/shell.js';
import { valueToText } from '../logic/values.js';
import { problemWords } from '../logic/problems.js';
import { useReadOnly, useTyped } from '../parts/context.js';
import { useNow } from '../parts/live.js';
import { Field, Panel, ActionResult, type ActionOutcome } from '../parts/parts.js';

export const STRATEGIES = ['last-writer', 'set-union', 'max', 'json-merge', 'custom'] as const;

interface SiblingsProps {
  readonly name: string;
  readonly conflicts: KeyConflicts;
  readonly onChanged: () => void;
}

export function SiblingsPanel({ name, conflicts, onChanged }: SiblingsProps) {
  const { siblings } = conflicts;
  const { pattern, why } = raceOf(siblings);
  const [first] = siblings;
  return (
    <Panel
      title={`${many(siblings.length, 'sibling')}`}
      note={`${pattern}: ${why}`}
      api={`GET ${keyPath(name, '/conflicts')}`}
      cli={`quorate conflicts ${quoted(name)}`}
    >
      <div class="sides">
        {siblings.map((sibling) => (
          <Side
            key={sibling.version}
            sibling={sibling}
            against={sibling === first ? undefined : first}
          />
        ))}
      </div>
      <Resolution name={name} conflicts={conflicts} onChanged={onChanged} />
    </Panel>
  );
}

interface SideProps {
  readonly sibling: ConflictSibling;
  readonly against: ConflictSibling | undefined;
}

/** The first as it is; the others by what differs from it. */
function Side({ sibling, against }: SideProps) {
  const now = useNow();
  const own = valueToText(sibling);
  const lines =
    against === undefined
      ? own.split('\n').map((text) => ({ kind: 'same', text }) as const)
      : diffLines(valueToText(against), own);
  const SIGNS = { same: '  ', left: '− ', right: '+ ' };
  return (
    <div class="stack">
      <p class="small">
        <code>{sibling.version}</code>{' '}
        <span class="muted">
          {ago(sibling.written_at, now)}, through {sibling.written_by}
        </span>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <pre class="value" tabIndex={0}>
        {lines.map(({ kind, text }, index) => (
          <span key={index} class={kind}>
            {against === undefined ? text : `${SIGNS[kind]}${text}`}
          </span>
        ))}
      </pre>
    </div>
  );
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

function Resolution({ name, conflicts, onChanged }: SiblingsProps) {
  const resolve = async (how: Readonly<Record<string, unknown>>): Promise<ActionOutcome> => {
    try {
      const path = keyPath(name, '/conflicts/resolve');
      await change(path, { context: conflicts.context, ...how });
      onChanged();
      return { tone: 'good', text: 'Resolved.' };
    } catch (error) {
      return { tone: 'bad', text: problemWords(error) };
    }
  };
  return (
    <div class="pair">
      <ByStrategy name={name} conflicts={conflicts} onResolve={resolve} />
      <ByHand conflicts={conflicts} onResolve={resolve} />
    </div>
  );
}

interface ByStrategyProps {
  readonly name: string;
  readonly conflicts: KeyConflicts;
  readonly onResolve: (how: Readonly<Record<string, unknown>>) => Promise<ActionOutcome>;
}

const UNCHOSEN = 'choose one';

/** What a strategy makes of the siblings is shown before it is done: it may drop values. */
function ByStrategy({ name, conflicts, onResolve }: ByStrategyProps) {
  const isReadOnly = useReadOnly();
  const [strategy, setStrategy] = useState<string>(UNCHOSEN);
  const [shown, setShown] = useState<{ readonly of: string; readonly text: string }>();
  const [outcome, setOutcome] = useState<ActionOutcome>();
  const typed = useTyped(`quorate resolve ${quoted(name)} --strategy ${strategy}`);
  // Of these siblings, and of no later ones.
  const of = [strategy, ...conflicts.siblings.map(({ version }) => version)].join(' ');
  const look = async (): Promise<void> => {
    setOutcome(undefined);
    try {
      const path = keyPath(name, '/conflicts/resolve', 'dry_run=1');
      const { body } = await change<EncodedValue>(path, { context: conflicts.context, strategy });
      setShown({ of, text: valueToText(body) });
    } catch (error) {
      setOutcome({ tone: 'bad', text: problemWords(error) });
    }
  };
  return (
    <div class="stack">
      <div class="row">
        <Field
          label="Resolve by a strategy"
          value={strategy}
          onValue={setStrategy}
          choices={[UNCHOSEN, ...STRATEGIES]}
        />
        <button type="button" disabled={strategy === UNCHOSEN} onClick={() => void look()}>
          Dry run
        </button>
      </div>
      {shown?.of === of && (
        <>
          <p class="small">It would become:</p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keys */}
          <pre class="value" tabIndex={0}>
            {shown.text}
          </pre>
          <div>
            <button
              type="button"
              class="primary"
              disabled={isReadOnly}
              onClick={() => void onResolve({ strategy }).then(setOutcome)}
            >
              Resolve by {strategy}
            </button>
          </div>
        </>
      )}
      <ActionResult outcome={outcome} />
      {strategy !== UNCHOSEN && (
        <p class="small muted">
          On the command line: <code>{typed}</code>
        </p>
      )}
    </div>
  );
}

function ByHand({ conflicts, onResolve }: Omit<ByStrategyProps, 'name'>) {
  const isReadOnly = useReadOnly();
  const [text, setText] = useState(() => valueToText(conflicts.siblings[0] ?? {}));
  const [outcome, setOutcome] = useState<ActionOutcome>();
  const resolve = (): void => {
    if (isJson(text)) void onResolve({ value: JSON.parse(text) as unknown }).then(setOutcome);
    else setOutcome({ tone: 'bad', text: 'That is no JSON: a text stands in double quotes.' });
  };
  return (
    <div class="stack">
      <label class="field">
        Or to a value, by hand (JSON)
        <textarea rows={5} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <div>
        <button type="button" class="primary" disabled={isReadOnly} onClick={resolve}>
          Resolve to this value
        </button>
      </div>
      <ActionResult outcome={outcome} />
    </div>
  );
}
