/** The siblings of a key side by side, with a diff, and their resolution. */
import { useState } from 'preact/hooks';
import { change, type KeyName, keyPath } from '../api.js';
import { parseExact } from '../logic/exact-json.js';
import type { KeyConflicts, ConflictSibling, EncodedValue } from '../key-types.js';
import { diffLines } from '../logic/diff.js';
import { ago, many } from '../logic/format.js';
import { raceOf } from '../logic/races.js';
import { keyLine } from '../logic/shell.js';
import { valueToText } from '../logic/values.js';
import { problemWords } from '../logic/problems.js';
import { useReadOnly, useTyped } from '../parts/context.js';
import { useNow } from '../parts/live.js';
import { Field, Notice, Panel, ActionResult, type ActionOutcome } from '../parts/parts.js';

export const STRATEGIES = ['last-writer', 'set-union', 'max', 'json-merge', 'custom'] as const;

interface SiblingsProps {
  readonly name: KeyName;
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
      cli={keyLine('conflicts', name)}
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

type OnResolve = (how: Readonly<Record<string, unknown>>) => Promise<ActionOutcome>;

function Resolution({ name, conflicts, onChanged }: SiblingsProps) {
  const resolve: OnResolve = async (how) => {
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
  readonly name: KeyName;
  readonly conflicts: KeyConflicts;
  readonly onResolve: OnResolve;
}

const versionsOf = ({ siblings }: KeyConflicts): string =>
  siblings.map(({ version }) => version).join(' ');

const UNCHOSEN = 'choose one';

/** What a strategy makes of the siblings is shown before it is done: it may drop values. */
function ByStrategy({ name, conflicts, onResolve }: ByStrategyProps) {
  const isReadOnly = useReadOnly();
  const [strategy, setStrategy] = useState<string>(UNCHOSEN);
  const [shown, setShown] = useState<{ readonly of: string; readonly text: string }>();
  const [outcome, setOutcome] = useState<ActionOutcome>();
  const typed = useTyped(keyLine('resolve', name, ['--strategy', strategy]));
  // Of these siblings, and of no later ones.
  const of = [strategy, versionsOf(conflicts)].join(' ');
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

/** A text that somebody has begun to write, and the siblings that it was made of. */
interface Draft {
  readonly text: string;
  readonly of: KeyConflicts;
}

/** Written as what was made of these siblings: one that came meanwhile is not dropped unseen. */
function ByHand({ conflicts, onResolve }: Omit<ByStrategyProps, 'name'>) {
  const isReadOnly = useReadOnly();
  const [begun, setBegun] = useState<Draft>();
  const [outcome, setOutcome] = useState<ActionOutcome>();
  const { text, of } = begun ?? {
    text: valueToText(conflicts.siblings[0] ?? {}),
    of: conflicts,
  };
  const isStale = versionsOf(of) !== versionsOf(conflicts);
  const resolve = async (): Promise<void> => {
    try {
      const value = parseExact(text);
      setOutcome(await onResolve({ value, context: of.context }));
    } catch {
      setOutcome({ tone: 'bad', text: 'That is no JSON: a text stands in double quotes.' });
    }
  };
  return (
    <div class="stack">
      <label class="field">
        Or to a value, by hand (JSON)
        <textarea
          rows={5}
          value={text}
          onInput={(event) => setBegun({ text: event.currentTarget.value, of })}
        />
      </label>
      {isStale && (
        <Notice tone="warn">There are other siblings now than those that you began with.</Notice>
      )}
      <div class="row">
        <button
          type="button"
          class="primary"
          disabled={isReadOnly || isStale}
          onClick={() => void resolve()}
        >
          Resolve to this value
        </button>
        {isStale && (
          <button type="button" onClick={() => setBegun({ text, of: conflicts })}>
            I have looked at them
          </button>
        )}
      </div>
      <ActionResult outcome={outcome} />
    </div>
  );
}
