/** `quorate compare` with real processes: a cut is seen in what is answered, and by whom. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { ComparisonReport } from '../../bin/compare/comparison-report.js';
import { runWords } from '../unit/bin/fake-terminal.js';

t.test('four levels, all well, slow and cut off', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-compare-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const words = [
    '--levels',
    'one,quorum,any,each-quorum',
    '--duration',
    '2s',
    '--get-qps',
    '60',
    '--put-qps',
    '30',
  ];
  const ran = await runWords([
    ...['compare', ...words, '--keys', '20', '--base-port', '23110', '--report', folder],
    ...['-o', 'json'],
  ]);
  t.equal(ran.status, 0, ran.err);
  const { cells } = JSON.parse(ran.out) as ComparisonReport;
  t.equal(cells.length, 12);
  const at = (level: string, condition: string) =>
    cells.find((one) => one.level === level && one.condition === condition);
  t.ok((at('quorum', 'healthy')?.gets_answered_percent ?? 0) > 95);
  t.equal(at('quorum', 'healthy')?.stale_percent, 0);
  const cut = at('quorum', 'cut')?.gets_answered_percent ?? 0;
  t.ok(cut > 50 && cut < 80, `the node that is cut off refuses: ${cut} %`);
  t.equal(at('quorum', 'cut')?.stale_percent, 0);
  t.ok((at('one', 'cut')?.gets_answered_percent ?? 0) > 90, 'one goes on, also there');
  t.ok((at('one', 'cut')?.stale_percent ?? 0) > 1, 'and misses what the others have written');
  t.ok((at('any', 'cut')?.puts_answered_percent ?? 0) > 90, 'a hint is enough for a write at any');
  t.equal(at('each-quorum', 'cut')?.puts_answered_percent, 0, 'its zone has nobody else');
  t.match(await readFile(join(folder, 'compare.md'), 'utf8'), '| quorum | one cut off |');
  t.match(await readFile(join(folder, 'compare.svg'), 'utf8'), /^<svg /);
  t.match(JSON.parse(await readFile(join(folder, 'compare.json'), 'utf8')), { cells });
});
