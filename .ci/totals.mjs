/** Reads the runner's own totals from its report and prints them: `.ci/totals.mjs REPORT STATUS`. */
import { readFileSync } from 'node:fs';

const [report = '', status = '1'] = process.argv.slice(2);

/** The last summary at the margin: what tests print themselves is indented in the report. */
function readTotals(text) {
  const summary = [...text.matchAll(/^# \{ (total: .*) \}$/gm)].at(-1)?.[1] ?? '';
  const pairs = summary.split(', ').map((pair) => pair.split(': '));
  return new Map(pairs.map(([name, count]) => [name, Number(count)]));
}

function readReport() {
  try {
    return readFileSync(report, 'utf8');
  } catch {
    return '';
  }
}

const totals = readTotals(readReport());
const of = (name) => totals.get(name) ?? 0;
// What was put off counts as failed, and so does a run that ended badly without saying where.
const reported = of('fail') + of('skip') + of('todo');
const failed = status !== '0' && reported === 0 ? 1 : reported;
console.log(`${of('pass')} passed, ${failed} failed`);
process.exitCode = failed === 0 && of('pass') > 0 ? 0 : 1;
