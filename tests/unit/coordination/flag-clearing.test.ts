/**
 * Random histories of sessions whose tokens bear flags: nothing that was seen is missed.
 * `SESSION_HISTORIES=20000` runs longer; `SESSION_SEED` is the first.
 */
import t from 'tap';
import type { Rule } from './session-world/question.js';
import { history } from './session-world/world.js';

const HISTORIES = Number(process.env['SESSION_HISTORIES'] ?? 1500);
const FIRST = Number(process.env['SESSION_SEED'] ?? 1);

/**
 * The first history that is wrong without each rule. Where the world has changed they are others:
 * some rules bear load only once in 100,000 histories.
 */
const WRONG_WITHOUT: Record<Rule, number> = {
  'only a question after the token was met counts': 6,
  'a clock is complete before it is sent': 5672,
  'a clock is written after the question came': 54,
  'an owner that has accepted something does not answer': 285,
  'it looks at what is accepted before it looks at its clock': 229_369,
  'all owners are asked': 74,
  'what some disk lacks takes the place of the flag': 181,
  'a loss is compared': 1605,
  'what is sent lies on the disk': 229_369,
};

t.test('with all rules no history is wrong', { timeout: 0 }, async (t) => {
  const counts = new Map<string, number>();
  const wrong: string[] = [];
  for (let i = 0; i < HISTORIES; i += 1) {
    const outcome = history(FIRST + i);
    for (const [what, count] of outcome.counts) counts.set(what, (counts.get(what) ?? 0) + count);
    if (outcome.findings.length > 0) wrong.push(`${FIRST + i}: ${outcome.findings.join('; ')}`);
  }
  t.strictSame(wrong, []);
  const flags = ['flag all', 'flag majority', 'cleared all', 'cleared majority'];
  for (const what of [...flags, 'cleared into dots', 'crash', 'loss', 'refused']) {
    t.ok(counts.get(what), what);
  }
});

t.test('each rule bears load', async (t) => {
  for (const [rule, seed] of Object.entries(WRONG_WITHOUT) as [Rule, number][]) {
    t.not(history(seed, rule).findings.length, 0, rule);
    t.strictSame(history(seed).findings, [], `with it: ${rule}`);
  }
});
