/** Conflicts: where do writers race? */
import { useEffect, useState } from 'preact/hooks';
import { ask, change, type KeyName, keyPath } from '../api.js';
import type { ConflictPage } from '../api-types.js';
import type { KeyConflicts } from '../key-types.js';
import { ago, count, many } from '../logic/format.js';
import { raceOf } from '../logic/races.js';
import { writeExact } from '../logic/exact-json.js';
import { keyHash } from '../logic/key-hash.js';
import { problemWords } from '../logic/problems.js';
import { Chart } from '../parts/chart.js';
import { useReadOnly } from '../parts/context.js';
import { useLive, useNow } from '../parts/live.js';
import { Field, Figures, Notice, Panel, Table } from '../parts/parts.js';
import { STRATEGIES } from './key-siblings.js';

const PAGE = 'limit=100';
/** Of so many the siblings are read, for their pattern. */
const DETAILED_MAX = 25;

export function ConflictsScreen() {
  const page = useLive<ConflictPage>(`/api/v1/conflicts?${PAGE}`, 4000);
  const rows = page.data?.conflicts ?? [];
  const details = useDetails(rows);
  const now = useNow();
  const oldest = rows[0]?.since;
  const patterns = [...details.values()].map(({ conflicts }) => raceOf(conflicts.siblings).pattern);
  const share = (name: string): string => String(patterns.filter((one) => one === name).length);
  const more = page.data?.cursor === undefined ? '' : '+';
  return (
    <>
      {(page.data?.unanswered.length ?? 0) > 0 && (
        <Notice tone="warn">
          {page.data?.unanswered.join(', ')} did not answer: conflicts that only they know are
          missing.
        </Notice>
      )}
      <Figures
        items={[
          ['Keys in conflict', `${rows.length}${more}`],
          ['Oldest', oldest === undefined ? '–' : ago(oldest, now)],
          ['Races', share('race')],
          ['Stale contexts', share('stale context')],
          ['Cuts', share('cut')],
        ]}
      />
      <List rows={rows} details={details} now={now} />
      <Bulk details={details} onDone={page.refresh} />
      <Panel title="Siblings that arise" api="GET /metrics" cli="quorate conflicts">
        <Chart
          label="Siblings that arise a second, over the last minutes"
          format={count}
          lines={[{ name: 'siblings', label: 'New siblings a second' }]}
        />
      </Panel>
    </>
  );
}

/** By `keyHash`. */
type Details = ReadonlyMap<string, KeyDetails>;

interface KeyDetails {
  readonly name: KeyName;
  readonly conflicts: KeyConflicts;
}

/** The siblings of the first keys; read again where the list is another. */
function useDetails(rows: readonly KeyName[]): Details {
  const [details, setDetails] = useState<Details>(new Map());
  const wanted = rows.slice(0, DETAILED_MAX).map(({ namespace, key }) => ({ namespace, key }));
  const names = JSON.stringify(wanted);
  useEffect(() => {
    let isOver = false;
    const look = async (name: KeyName): Promise<readonly [string, KeyDetails] | undefined> => {
      try {
        const { body } = await ask<KeyConflicts>(keyPath(name, '/conflicts'));
        return body.siblings.length > 1 ? [keyHash(name), { name, conflicts: body }] : undefined;
      } catch {
        return undefined;
      }
    };
    const list = JSON.parse(names) as KeyName[];
    void Promise.all(list.map(look)).then((found) => {
      if (!isOver) setDetails(new Map(found.filter((row) => row !== undefined)));
    });
    return () => {
      isOver = true;
    };
  }, [names]);
  return details;
}

interface ListProps {
  readonly rows: ConflictPage['conflicts'];
  readonly details: Details;
  readonly now: number;
}

function List({ rows, details, now }: ListProps) {
  return (
    <Panel
      title="Keys in conflict"
      note="the oldest first"
      api={`GET /api/v1/conflicts?${PAGE}`}
      cli="quorate conflicts"
    >
      <Table
        label="Keys in conflict"
        head={['Namespace', 'Key', 'Since', '#Siblings', 'Pattern', 'Why']}
        rows={rows.map(({ namespace, key, since }) => {
          const hash = keyHash({ namespace, key });
          const found = details.get(hash)?.conflicts;
          const race = found === undefined ? undefined : raceOf(found.siblings);
          return [
            namespace,
            <a key="key" href={hash}>
              {key}
            </a>,
            ago(since, now),
            found === undefined ? '–' : String(found.siblings.length),
            race === undefined ? '–' : <span class="tag">{race.pattern}</span>,
            <span key="why" class="muted">
              {race?.why ?? ''}
            </span>,
          ];
        })}
        none="No key is in conflict."
      />
    </Panel>
  );
}

interface KeyOutcome {
  readonly name: KeyName;
  readonly text: string;
}

/** Resolves what is shown above, each by the context that was read: nothing unseen is dropped. */
function Bulk({ details, onDone }: { readonly details: Details; readonly onDone: () => void }) {
  const isReadOnly = useReadOnly();
  const [strategy, setStrategy] = useState<string>(STRATEGIES[0]);
  const [outcomes, setOutcomes] = useState<readonly KeyOutcome[]>([]);
  const [isBusy, setBusy] = useState(false);
  const [shownOf, setShownOf] = useState('');
  // A strategy may drop values: what it makes of these keys is looked at first.
  const of = [strategy, ...details.keys()].join('\n');
  const run = async (isDry: boolean): Promise<void> => {
    setBusy(true);
    const done: KeyOutcome[] = [];
    for (const { name, conflicts } of details.values()) {
      const { context, siblings } = conflicts;
      const text = await resolved(name, context, strategy, isDry).catch(problemWords);
      done.push({ name, text: isDry ? `${many(siblings.length, 'sibling')}: ${text}` : text });
      setOutcomes([...done]);
    }
    setBusy(false);
    setShownOf(isDry ? of : '');
    if (!isDry) onDone();
  };
  if (details.size === 0 && outcomes.length === 0) return null;
  return (
    <Panel
      title="Resolve many"
      note={`the ${many(details.size, 'key')} whose siblings were read`}
      api="POST /api/v1/kv/KEY/conflicts/resolve?dry_run=1"
      cli={`quorate resolve --all --strategy ${strategy} --dry-run`}
    >
      <div class="row">
        <Field label="Strategy" value={strategy} onValue={setStrategy} choices={STRATEGIES} />
        <button
          type="button"
          disabled={isBusy || details.size === 0}
          onClick={() => void run(true)}
        >
          Dry run
        </button>
        <button
          type="button"
          class="primary"
          disabled={isBusy || isReadOnly || details.size === 0 || shownOf !== of}
          onClick={() => void run(false)}
        >
          Resolve {many(details.size, 'key')}
        </button>
      </div>
      <Table
        label="Outcomes"
        head={['Namespace', 'Key', 'Outcome']}
        rows={outcomes.map(({ name, text }) => [
          name.namespace,
          <code key="key">{name.key}</code>,
          text,
        ])}
        none="A dry run shows what would be kept, and changes nothing."
      />
    </Panel>
  );
}

async function resolved(
  name: KeyName,
  context: string | undefined,
  strategy: string,
  isDry: boolean,
): Promise<string> {
  const path = keyPath(name, '/conflicts/resolve', isDry ? 'dry_run=1' : '');
  const { body } = await change<{ readonly version?: string; readonly value?: unknown }>(path, {
    context,
    strategy,
  });
  return isDry
    ? `would become ${writeExact(body.value) ?? 'bytes'}`
    : `resolved as ${body.version}`;
}
