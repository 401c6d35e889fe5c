/** Small parts that all screens are made of. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useTyped } from './context.js';
import type { Tone } from '../logic/verdict.js';

interface PanelProps {
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly api?: string;
  readonly cli?: string;
  readonly children: ComponentChildren;
}

/** A question's answer; below it, where else one gets it. */
export function Panel({ title, note, actions, api, cli, children }: PanelProps) {
  const id = `panel-${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  return (
    <section class="panel" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {note !== undefined && <p>{note}</p>}
        {actions}
      </header>
      <div class="body stack">{children}</div>
      {(api !== undefined || cli !== undefined) && <Source api={api} cli={cli} />}
    </section>
  );
}

function Source({
  api,
  cli,
}: {
  readonly api: string | undefined;
  readonly cli: string | undefined;
}) {
  return (
    <div class="source">
      {api !== undefined && (
        <span>
          API <code>{api}</code>
        </span>
      )}
      {cli !== undefined && <CommandLine line={cli} />}
    </div>
  );
}

function CommandLine({ line }: { readonly line: string }) {
  return (
    <span>
      Command line <code>{useTyped(line)}</code>
    </span>
  );
}

/** A line to copy. */
export function Command({ line: written }: { readonly line: string }) {
  const line = useTyped(written);
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    void navigator.clipboard.writeText(line).then(() => setCopied(true));
  };
  return (
    <div class="command">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <code tabIndex={0}>{line}</code>
      <button type="button" class="quiet" onClick={copy}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}

const SHAPES: Readonly<Record<Tone | 'plain', string>> = {
  good: '●',
  warn: '▲',
  bad: '✕',
  plain: '○',
};

/** A state: a shape, a colour, and a word. */
export function Mark({
  tone,
  children,
}: {
  readonly tone: Tone | 'plain';
  readonly children: ComponentChildren;
}) {
  return (
    <span class={`mark ${tone}`}>
      <span aria-hidden="true">{SHAPES[tone]}</span>
      {children}
    </span>
  );
}

export function toneOf(state: string): Tone {
  return state === 'up' || state === 'ok' ? 'good' : state === 'suspect' ? 'warn' : 'bad';
}

export function Notice({
  tone,
  children,
}: {
  readonly tone?: Tone;
  readonly children: ComponentChildren;
}) {
  return (
    <p class={`notice ${tone ?? ''}`} role={tone === 'bad' ? 'alert' : 'status'}>
      {children}
    </p>
  );
}

export interface ActionOutcome {
  readonly tone: Tone | undefined;
  readonly text: string;
}

/** Brings what came of an action into sight, and to the keyboard. @param what anew: again */
export function useArrival(what: unknown) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (what === undefined) return;
    place.current?.scrollIntoView({ block: 'nearest' });
    place.current?.focus({ preventScroll: true });
  }, [what]);
  return place;
}

/** What came of an action; undefined: nothing yet. */
export function ActionResult({ outcome }: { readonly outcome: ActionOutcome | undefined }) {
  const place = useArrival(outcome);
  if (outcome === undefined) return null;
  return (
    <div ref={place} tabIndex={-1}>
      <Notice {...(outcome.tone && { tone: outcome.tone })}>{outcome.text}</Notice>
    </div>
  );
}

/** What may be wider than the screen: it scrolls by itself, also by keys. */
export function Scroll({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ComponentChildren;
}) {
  return (
    // No landmark: the panel around it is one, often of the same name.
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for inputs
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <div class="scroll" role="group" tabIndex={0} aria-label={label}>
      {children}
    </div>
  );
}

interface TableProps {
  readonly label: string;
  /** A leading `#` aligns the column right. */
  readonly head: readonly string[];
  readonly rows: readonly (readonly ComponentChildren[])[];
  readonly none: string;
}

export function Table({ label, head, rows, none }: TableProps) {
  if (rows.length === 0) return <p class="muted">{none}</p>;
  const kind = (index: number) => (head[index]?.startsWith('#') === true ? 'number' : undefined);
  return (
    <Scroll label={label}>
      <table>
        <thead>
          <tr>
            {head.map((name, index) => (
              <th key={name} scope="col" class={kind(index)}>
                {name.replace('#', '')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, row) => (
            <tr key={row}>
              {cells.map((cell, index) => (
                <td key={head[index]} class={kind(index)}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

export function Bar({ share, tone }: { readonly share: number; readonly tone: Tone }) {
  const width = `${Math.round(100 * Math.min(1, Math.max(0, share)))}%`;
  return (
    <div class="bar" aria-hidden="true">
      <i class={tone} style={{ width }} />
    </div>
  );
}

export function Figures({
  items,
}: {
  readonly items: readonly (readonly [string, ComponentChildren])[];
}) {
  return (
    <dl class="figures">
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly choices?: readonly string[];
  readonly placeholder?: string;
  readonly wide?: boolean;
}

/** A labelled input, or a choice where choices are given. */
export function Field({ label, value, onValue, choices, placeholder, wide }: FieldProps) {
  const heard = (event: { readonly currentTarget: { readonly value: string } }): void =>
    onValue(event.currentTarget.value);
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: one of two controls is in it
    <label class={wide === true ? 'field wide' : 'field'}>
      {label}
      {choices === undefined ? (
        <input value={value} placeholder={placeholder} spellcheck={false} onInput={heard} />
      ) : (
        <select value={value} onChange={heard}>
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      )}
    </label>
  );
}
