/** A change of the settings, shown by a dry run before it is made. */
import type { ComponentChild } from 'preact';
import { useState } from 'preact/hooks';
import { change } from '../api.js';
import type { SettingsInForce } from '../api-types.js';
import { problemWords } from '../logic/problems.js';
import { type Changed, changesOf } from '../logic/setting-rows.js';
import { ActionResult, type ActionOutcome, Panel, Table, useArrival } from './parts.js';

export interface SettingsAttempt {
  readonly path: string;
  readonly body: unknown;
  readonly what: string;
  /** The same on the command line. */
  readonly cli: string;
}

interface Tried {
  readonly attempt: SettingsAttempt;
  readonly changes: readonly Changed[];
  readonly apply: () => Promise<void>;
}

interface Attempts {
  readonly attempt: (asked: SettingsAttempt) => void;
  /** What would change, with the button that changes it; or what has become of it. */
  readonly shown: ComponentChild;
}

/** @param now the change is made only where nobody else changes them meanwhile */
export function useSettingsAttempt(now: SettingsInForce | undefined, onDone: () => void): Attempts {
  const [tried, setTried] = useState<Tried>();
  const [note, setNote] = useState<ActionOutcome>();
  const fail = (error: unknown): void => setNote({ tone: 'bad', text: problemWords(error) });
  const make = async ({ path, body }: SettingsAttempt, tag: Tag): Promise<void> => {
    try {
      const { body: made } = await change<SettingsInForce>(path, body, tag);
      setNote({ tone: 'good', text: `Changed: ${made.nodes.join(', ')} have it.` });
    } catch (error) {
      fail(error);
    }
    setTried(undefined);
    onDone();
  };
  const tryIt = async (asked: SettingsAttempt, before: SettingsInForce): Promise<void> => {
    setNote(undefined);
    setTried(undefined);
    const tag = { 'if-match': `"${before.version}"` };
    try {
      const { path, body } = asked;
      const { body: after } = await change<SettingsInForce>(`${path}?dry_run=1`, body, tag);
      const changes = changesOf(before.settings, after.settings);
      if (changes.length === 0) setNote({ tone: 'warn', text: 'Nothing would change.' });
      else setTried({ attempt: asked, changes, apply: () => make(asked, tag) });
    } catch (error) {
      fail(error);
    }
  };
  return {
    attempt: (asked) => {
      if (now !== undefined) void tryIt(asked, now);
    },
    shown: (
      <>
        <ActionResult outcome={note} />
        {tried !== undefined && <DryRun tried={tried} onCancel={() => setTried(undefined)} />}
      </>
    ),
  };
}

type Tag = Readonly<Record<string, string>>;

function DryRun({ tried, onCancel }: { readonly tried: Tried; readonly onCancel: () => void }) {
  const place = useArrival(tried);
  const { path, cli, what } = tried.attempt;
  return (
    <div ref={place} tabIndex={-1}>
      <Panel
        title="Dry run"
        note="Nothing has changed yet."
        api={`POST ${path}?dry_run=1`}
        cli={cli}
      >
        <Table
          label="What would change"
          head={['Setting', 'Now', 'Then']}
          rows={tried.changes.map(({ name, from, to }) => [
            <code key="name">{name}</code>,
            <del key="from">{String(from)}</del>,
            <ins key="to">{String(to)}</ins>,
          ])}
          none="Nothing."
        />
        <div class="row">
          <button type="button" class="primary" onClick={() => void tried.apply()}>
            {what} on all nodes
          </button>
          <button type="button" onClick={onCancel}>
            Cancel
          </button>
        </div>
      </Panel>
    </div>
  );
}
