/**
 * Follows a TAP stream: prints each file's result and every failure with its diagnosis, and leaves
 * the runner's own totals as one line in a file: `... | node .ci/report.mjs TOTALS`.
 */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [file = ''] = process.argv.slice(2);
const totals = new Map();
/** Prints until the line that ends the diagnosis of a failure. */
let diagnosing = false;

/** What tests print themselves is indented in the stream, so that only the runner's own matches. */
function readTotals(line) {
  const summary = /^# \{ (total: .*) \}$/.exec(line)?.[1];
  for (const pair of summary?.split(', ') ?? []) {
    const [name, count] = pair.split(': ');
    totals.set(name, Number(count));
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  readTotals(line);
  const failure = /^ *not ok /.test(line);
  if (failure || diagnosing || /^(?:ok |[^\s#}]|# (?:time|No tests))/.test(line)) console.log(line);
  if (/^ *\.\.\.$/.test(line)) diagnosing = false;
  else if (failure) diagnosing = true;
  else if (/^ *(?:ok |1\.\.|# Subtest)/.test(line)) diagnosing = false;
}

const of = (name) => totals.get(name) ?? 0;
// What was put off counts as failed.
const failed = of('fail') + of('skip') + of('todo');
writeFileSync(file, `${of('pass')} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && of('pass') > 0 ? 0 : 1;
