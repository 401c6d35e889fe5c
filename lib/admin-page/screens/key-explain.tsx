/** How a read of a key comes about, at a level: who was asked, when, and what each held. */
import { useState } from 'preact/hooks';
import { ask, type KeyName, keyPath } from '../api.js';
import type { Explained } from '../key-types.js';
import { explainedRows } from '../logic/explained-rows.js';
import { keyLine } from '../logic/shell.js';
import { problemWords } from '../logic/problems.js';
import { Field, Notice, Panel, Table } from '../parts/parts.js';

export function ExplainPanel({ name }: { readonly name: KeyName }) {
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
  const options = level === '' ? [] : ['--level', level];
  return (
    <Panel
      title="How a read comes about"
      note="It reads the key once, at a level, and shows each step."
      api={`GET ${path}`}
      cli={keyLine('get', name, ['--explain', ...options])}
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
