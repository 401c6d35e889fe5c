/** Which answers the load's judge allows, and that it fires on each kind that it must not allow. */
import t from 'tap';
import { KeyHistory } from '../../../../bin/stress/key-history.js';
import type { StressOutcome } from '../../../../bin/stress/key-history.js';
import { stressValue } from '../../../../bin/stress/stress-value.js';

function historyOf(...outcomes: readonly StressOutcome[]): KeyHistory {
  const key = new KeyHistory('k');
  for (const outcome of outcomes) key.endWrite(key.beginWrite(), outcome);
  return key;
}

const values = (...sequences: readonly number[]): string[] =>
  sequences.map((sequence) => stressValue('k', sequence, 40));

t.test('what may be answered', async (t) => {
  const allowed: readonly (readonly [history: KeyHistory, sequences: number[]])[] = [
    [historyOf(), []],
    [historyOf('acknowledged'), [1]],
    [historyOf('acknowledged', 'acknowledged'), [2]],
    [historyOf('acknowledged', 'unknown'), [1]],
    [historyOf('acknowledged', 'unknown'), [2]],
    [historyOf('acknowledged', 'unknown'), [1, 2]],
    [historyOf('acknowledged', 'unknown', 'acknowledged'), [2, 3]],
    [historyOf('unknown'), []],
    [historyOf('acknowledged', 'none'), [1]],
  ];
  for (const [key, sequences] of allowed) {
    t.equal(key.judge(values(...sequences), key.floor(), true), undefined, String(sequences));
  }
});

t.test('what may not', async (t) => {
  const wrong: readonly (readonly [says: RegExp, history: KeyHistory, sequences: number[]])[] = [
    [/1 was answered where 2/, historyOf('acknowledged', 'acknowledged'), [1]],
    [/0 was answered where 1/, historyOf('acknowledged'), []],
    [/never written/, historyOf('acknowledged'), [2]],
    [/refused, nothing done/, historyOf('acknowledged', 'none'), [2]],
    [/sibling 1 was there before 2/, historyOf('acknowledged', 'acknowledged'), [1, 2]],
    [/sibling 1 was there before 3/, historyOf('acknowledged', 'unknown', 'acknowledged'), [1, 3]],
    [/1 was answered where 2/, historyOf('unknown', 'acknowledged'), [1]],
    [/twice/, historyOf('acknowledged'), [1, 1]],
  ];
  for (const [says, key, sequences] of wrong) {
    t.match(key.judge(values(...sequences), key.floor(), true), says);
  }
  const key = historyOf('acknowledged');
  t.match(key.judge(['k|1|00000000|'], 1, true), /torn/);
  t.match(key.judge([stressValue('other', 1, 10)], 1, true), /another key/);
  t.match(key.judge([1], 1, false), /torn/);
});

t.test('reads do not go back in time, not even to before an unknown write', async (t) => {
  const key = historyOf('acknowledged', 'unknown');
  t.equal(key.judge(values(2), key.floor(), true), undefined);
  t.match(key.judge(values(1), key.floor(), true), /1 was answered where 2/);
});

t.test('a read that began earlier may answer what was there then', async (t) => {
  const key = historyOf('acknowledged');
  const floor = key.floor();
  const sequence = key.beginWrite();
  t.equal(key.judge(values(2), floor, true), undefined, 'a write under way may show');
  key.endWrite(sequence, 'acknowledged');
  t.equal(key.judge(values(1), floor, true), undefined);
});

t.test('where stale answers are allowed, values must still be true', async (t) => {
  const key = historyOf('acknowledged', 'acknowledged');
  t.equal(key.judge(values(1), key.floor(), false), undefined);
  t.equal(key.judge(values(1, 2), key.floor(), false), undefined);
  t.match(key.judge(values(3), key.floor(), false), /never written/);
  t.match(key.judgeNewest(values(1), key.acknowledged), /though 2 was acknowledged/);
  t.equal(key.judgeNewest(values(1, 2), key.acknowledged), undefined);
});

t.test('one writer at a time', async (t) => {
  const key = new KeyHistory('k');
  key.beginWrite();
  t.ok(key.isBusy);
  t.throws(() => key.beginWrite(), /Invariant/);
});
