/** `quorate assess` on the shipped example and on three bad clusters, each told why. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { AssessReport } from '../../bin/assess/assessment.js';
import { freeBasePort, quorate } from './real-cluster.js';

const PLAIN = {
  ...{ followers: 2, write_quorum: 2, read_quorum: 2, auto_spawn: true, auto_spawn_delay: '500ms' },
  ...{ rate_limit_max: 100, rate_limit_window: '10s' },
};

async function assess(
  file: string,
): Promise<{ readonly status: number | null; report: AssessReport }> {
  const port = String(await freeBasePort());
  const words = ['assess', '--config', file, '--base-port', port, '-o', 'json'];
  const { status, out, err } = await quorate(words);
  t.not(out, '', err);
  return { status, report: JSON.parse(out) as AssessReport };
}

function fileOf(changed: object): string {
  const file = join(mkdtempSync(join(tmpdir(), 'quorate-assess-test-')), 'cluster.json');
  writeFileSync(file, JSON.stringify({ ...PLAIN, ...changed }));
  return file;
}

function pointsOf({ scenarios }: AssessReport): Record<string, number> {
  return Object.fromEntries(scenarios.map(({ name, points }) => [name, points]));
}

t.test('the shopping cart is worth 100 of 100, for less than $50 an hour', async (t) => {
  const { status, report } = await assess('config/shopping-cart.json');
  t.same(report.faults, []);
  t.match(report, { verdict: 'good', points: 100, of: 100, cost: { per_hour: 30, budget: 50 } });
  t.same(
    report.scenarios.map(({ of }) => of),
    [15, 25, 25, 15, 20],
  );
  t.equal(status, 0);
});

t.test('quorums that do not meet: a stale read is shown', async (t) => {
  const { status, report } = await assess(fileOf({ write_quorum: 1, read_quorum: 1 }));
  t.match(pointsOf(report), { consistency: 10, 'fault tolerance': 25 });
  t.ok(
    report.faults.some((fault) => /n2 answered "old": stale.*1 \+ 1 = 2 is not above/.test(fault)),
    report.faults.join('\n'),
  );
  t.equal(status, 8);
});

t.test('all replicas for a write, and nobody who helps: a dead node stops it', async (t) => {
  const changed = { write_quorum: 3, read_quorum: 1, auto_spawn: false, rate_limit_max: 0 };
  const { status, report } = await assess(fileOf(changed));
  t.match(pointsOf(report), { 'fault tolerance': 10, 'rate limiting': 10, recovery: 0 });
  const faults = report.faults.join('\n');
  t.match(faults, /writes go on.*0 of \d+ were answered/);
  t.match(faults, /there is no limit/);
  t.match(faults, /auto_spawn is off/);
  t.equal(status, 8);
});

t.test('a limit that refuses people, and more nodes than the budget pays', async (t) => {
  const changed = { followers: 5, write_quorum: 4, read_quorum: 3, rate_limit_max: 3 };
  const { status, report } = await assess(fileOf({ ...changed, rate_limit_window: '1m' }));
  t.match(pointsOf(report), { 'rate limiting': 0, consistency: 25 });
  const faults = report.faults.join('\n');
  t.match(faults, /5 requests a second pass.*12 of 15 were refused/);
  t.match(faults, /the client must wait for \d+ s/);
  t.match(faults, /\$60 an hour is above the budget of \$50/);
  t.equal(status, 8);
});
