/** What weak levels allow is counted where it came to pass, and nowhere else. */
import t from 'tap';
import { countAllowedAnomalies } from '../../../lib/checkers/allowed-anomalies.js';
import type { RecordedRead, RecordedWrite } from '../../../lib/checkers/history.js';

function written(version: string, key: string, more: Partial<RecordedWrite> = {}): RecordedWrite {
  return {
    ...{ id: `w-${version}`, key, kind: 'value', began: 0, ended: 10, outcome: 'acknowledged' },
    ...{ version, seen: [], holders: 1, consulted: 0, ...more },
  };
}

function read(
  key: string,
  began: number,
  versions: readonly string[],
  more: Partial<RecordedRead> = {},
): RecordedRead {
  const shown = versions.map((version) => ({ version, value: version }));
  return {
    ...{ id: `r-${key}-${began}`, key, began, ended: began + 5, versions: shown },
    ...{ answered: 1, repaired: 0, ...more },
  };
}

const count = (writes: readonly RecordedWrite[], reads: readonly RecordedRead[]) =>
  countAllowedAnomalies({ writes, reads, replicaCount: 3, finals: [] });

t.test('a new value, then an old one', async (t) => {
  const writes = [written('a1', 'k'), written('a2', 'k', { began: 20, ended: 30, seen: ['a1'] })];
  const newer = read('k', 40, ['a2']);
  t.match(count(writes, [newer, read('k', 50, ['a1'])]), { newThenOld: 1 });
  t.match(count(writes, [newer, read('k', 50, ['a2'])]), { newThenOld: 0 });
  t.match(count(writes, [newer, read('k', 43, ['a1'])]), { newThenOld: 0 }, 'at the same time');
  t.match(count(writes, [read('k', 40, ['a1']), read('k', 50, ['a2'])]), { newThenOld: 0 });
  const firm = [{ repaired: 2 }, { session: { after: [], isCausal: false } }, { atStrong: true }];
  for (const more of firm) {
    t.match(count(writes, [newer, read('k', 50, ['a1'], more)]), { newThenOld: 0 }, 'not allowed');
  }
});

t.test('an effect before its cause', async (t) => {
  const cause = written('q1', 'question');
  const session = { after: ['w-q1'], isCausal: true };
  const effect = written('a1', 'answer', { began: 20, ended: 30, session });
  const answered = read('answer', 40, ['a1']);
  const [without, shown] = [read('question', 50, []), read('question', 50, ['q1'])];
  t.match(count([cause, effect], [answered, without]), { effectBeforeCause: 1 });
  t.match(count([cause, effect], [answered, shown]), { effectBeforeCause: 0 });
  t.match(count([cause, effect], [without]), { effectBeforeCause: 0 }, 'nobody was shown it');
  const open = { ...cause, outcome: 'open' as const };
  t.match(count([open, effect], [answered, without]), { effectBeforeCause: 0 });
});
