/** The siblings of a key side by side, with a diff, and their resolution. */
import { useState } from 'preact/hooks';
import { change, keyPath } from '../api.js';
import type { KeyConflicts, ConflictSibling } from '../key-types.js';
import { diffLines } from '../logic/diff.js';
import { ago, many } from '../logic/format.js';
import { raceOf } from '../logic/races.js';
import { quoted } from '../logic/shell.js';
import { valueToText } from '../logic/values.js';
import { useReadOnly, useTyped } from '../parts/context.js';
import { useNow } from '../parts/live.js';
import { Field, Notice, Panel } from '../parts/parts.js';

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

function Resolution({ name, conflicts, onChanged }: SiblingsProps) {
  const isReadOnly = useReadOnly();
  const [strategy, setStrategy] = useState<string>(STRATEGIES[0]);
  const [text, setText] = useState(() => valueToText(conflicts.siblings[0] ?? {}));
  const typed = useTyped(`quorate resolve ${quoted(name)} --strategy ${strategy}`);
  const [told, setTold] = useState<{ readonly tone: 'good' | 'bad'; readonly text: string }>();
  const resolve = async (how: Readonly<Record<string, unknown>>): Promise<void> => {
    try {
      const path = keyPath(name, '/conflicts/resolve');
      await change(path, { context: conflicts.context, ...how });
      setTold({ tone: 'good', text: 'Resolved.' });
      onChanged();
    } catch (error) {
      setTold({ tone: 'bad', text: error instanceof Error ? error.message : String(error) });
    }
  };
  const byHand = (): void => {
    try {
      void resolve({ value: JSON.parse(text) as unknown });
    } catch {
      setTold({ tone: 'bad', text: 'That is no JSON: a text stands in double quotes.' });
    }
  };
  return (
    <div class="pair">
      <div class="stack">
        <div class="row">
          <Field
            label="Resolve by a strategy"
            value={strategy}
            onValue={setStrategy}
            choices={STRATEGIES}
          />
          <button type="button" disabled={isReadOnly} onClick={() => void resolve({ strategy })}>
            Resolve by {strategy}
          </button>
        </div>
        <p class="small muted">
          On the command line: <code>{typed}</code>
        </p>
        {told !== undefined && <Notice tone={told.tone}>{told.text}</Notice>}
      </div>
      <div class="stack">
        <label class="field">
          Or to a value, by hand (JSON)
          <textarea rows={5} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <div>
          <button type="button" class="primary" disabled={isReadOnly} onClick={byHand}>
            Resolve to this value
          </button>
        </div>
      </div>
    </div>
  );
}
