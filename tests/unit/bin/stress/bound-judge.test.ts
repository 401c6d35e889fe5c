/** The load's judge of answers that say how old they are: what it allows, and what it must not. */
import t from 'tap';
import { BoundJudge, boundOf } from '../../../../bin/stress/bound-judge.js';
import { KeyHistory } from '../../../../bin/stress/key-history.js';
import { stressValue } from '../../../../bin/stress/stress-value.js';

/** Writes 1, 2 and 3, acknowledged at 100, 200 and 300 ms. */
function history(): KeyHistory {
  const key = new KeyHistory('k');
  for (const at of [100, 200, 300]) key.endWrite(key.beginWrite(), 'acknowledged', at);
  return key;
}

const values = (...sequences: readonly number[]): string[] =>
  sequences.map((sequence) => stressValue('k', sequence, 40));

function judgeOf(readLevel: string, writeLevel: string): BoundJudge {
  return new BoundJudge({ readLevel, writeLevel });
}

t.test('an answer shows what was acknowledged before the time that it names', async (t) => {
  const judge = judgeOf('bounded-staleness;max=1s', 'bounded-staleness;max=1s');
  const rows: readonly (readonly [sequences: number[], bound: string, says: RegExp | undefined])[] =
    [
      [[3], '0; scope=all', undefined],
      [[2], '100; scope=all', undefined],
      [[2], '99; scope=all', /newest is 2, though 3 was acknowledged before the 99; scope=all/],
      [[2], '99; scope=quorum', /newest is 2, though 3/],
      [[1], '200; scope=all', undefined],
      [[1], '150; scope=all', /newest is 1, though 2/],
      [[1, 2], '150; scope=all', undefined],
      [[], '500; scope=all', undefined],
      [[], '250; scope=quorum', /newest is 0, though 1/],
    ];
  for (const [sequences, bound, says] of rows) {
    const wrong = judge.judge(history(), values(...sequences), 400, bound);
    if (says === undefined) t.equal(wrong, undefined, `${sequences} ${bound}`);
    else t.match(wrong, says, `${sequences} ${bound}`);
  }
});

t.test('an answer that does not say how old it can be is wrong', async (t) => {
  const judge = judgeOf('Bounded-Staleness', 'quorum');
  for (const text of [undefined, '', 'soon', '12', '12; scope=any', '-1; scope=all']) {
    t.match(judge.judge(history(), values(3), 400, text), /no bound/, String(text));
  }
  t.equal(judgeOf('one', 'one').judge(history(), [], 400, undefined), undefined);
});

t.test('what a level of writes does not promise is not asked for', async (t) => {
  const isJudged = (writeLevel: string, scope: string): boolean =>
    judgeOf('bounded-staleness', writeLevel).judge(history(), [], 400, `0; scope=${scope}`) !==
    undefined;
  for (const level of ['quorum', 'all', 'strong', 'each-quorum', 'Bounded-Staleness;max=2s']) {
    t.ok(isJudged(level, 'all') && isJudged(level, 'quorum'), level);
  }
  for (const level of ['one', '2', 'session', 'local-quorum']) {
    t.ok(isJudged(level, 'all') && !isJudged(level, 'quorum'), level);
  }
  for (const level of ['any', 'eventual']) {
    t.notOk(isJudged(level, 'all') || isJudged(level, 'quorum'), level);
  }
});

t.test('writes whose times are forgotten are asked for no more', async (t) => {
  const key = new KeyHistory('k');
  for (let at = 1; at <= 100; at += 1) key.endWrite(key.beginWrite(), 'acknowledged', at);
  t.equal(key.floorAt(1000), 100);
  t.equal(key.floorAt(50), 49);
  t.equal(key.floorAt(3), 0, 'its time is forgotten');
});

t.test('bounds are read strictly', async (t) => {
  t.strictSame(boundOf('240; scope=all'), { milliseconds: 240, scope: 'all' });
  for (const text of [undefined, '240', '240;scope=all', ' 240; scope=all', '1.5; scope=all']) {
    t.equal(boundOf(text), undefined);
  }
});
