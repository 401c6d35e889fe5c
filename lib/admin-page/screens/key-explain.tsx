/** How a read of a key comes about, at a level: who was asked, when, and what each held. */
import { useState } from 'preact/hooks';
import { ask, keyPath } from '../api.js';
import type { Explained } from '../key-types.js';
import { explainedRows } from '../logic/explained-rows.js';
import { quoted } from '../logic/shell.js';
import { problemWords } from '../logic/problems.js';
import { Field, Notice, Panel, Table } from '../parts/parts.js';

export function ExplainPanel({ name }: { readonly name: string }) {
  const [level, setLevel] = useState('');
  const [explained, setExplained] = useState<Explained>();
  const [problem, setProblem] = useState('');
  const path = keyPath(name, '', 'explain=1');
  const read = async (): Promise<void> => {
    const headers = level === '' ? {} : { 'x-consistency-level': level };
    try {
      const { body } = await ask<{ explain?: Explained }>(path, { headers, anyStatus: true });
      setExplained(body.explain);
      setProblem(body.explain === undefined ? 'The answer does not say how it came about.' : '');
    } catch (error) {
      setProblem(problemWords(error));
    }
  };
  const more = level === '' ? '' : ` --level ${quoted(level)}`;
  return (
    <Panel
      title="How a read comes about"
      note="It reads the key once, at a level, and shows each step."
      api={`GET ${path}`}
      cli={`quorate get ${quoted(name)} --explain${more}`}
    >
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          void read();
        }}
      >
        <Field label="Level" value={level} onValue={setLevel} placeholder="the default" />
        <button type="submit" class="primary">
          Explain a read
        </button>
      </form>
      {problem !== '' && <Notice tone="warn">{problem}</Notice>}
      {explained !== undefined && (
        <Table
          label="Explanation"
          head={['At ms', 'Took ms', 'Node', 'Did', 'Details', 'Answer']}
          rows={explainedRows(explained)}
          none="Nothing was done."
        />
      )}
    </Panel>
  );
}
