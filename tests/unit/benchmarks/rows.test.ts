/** The tables of the benchmark: what is compared is measured, and asked for by name. */
import t from 'tap';
import { AXES } from '../../benchmarks/cost-axes.js';
import { parseOptions } from '../../benchmarks/options.js';
import { COMPARISONS } from '../../benchmarks/comparisons.js';
import { EXPERIMENTS, ROWS } from '../../benchmarks/rows.js';

t.test('a comparison names rows of its experiment', (t) => {
  const ids = ROWS.map(({ id }) => id);
  t.equal(new Set(ids).size, ids.length, 'no id twice');
  for (const { experiment, text, of, against } of COMPARISONS) {
    const others = typeof against === 'string' ? [against] : (against ?? []).map(({ id }) => id);
    for (const id of [of, ...others]) {
      const row = ROWS.find((one) => one.id === id);
      t.ok(row?.usedBy.includes(experiment), `${experiment}, ${text}: ${id}`);
    }
  }
  t.end();
});

t.test('a paced row comes after the one that it keeps to, in each experiment', (t) => {
  for (const [index, { id, pace, usedBy }] of ROWS.entries()) {
    if (pace === undefined) continue;
    const of = ROWS.slice(0, index).find((row) => row.id === pace.of);
    for (const experiment of usedBy) t.ok(of?.usedBy.includes(experiment), `${id}, ${experiment}`);
  }
  t.end();
});

t.test('a row and its sketch are the same work, at about as many connections', (t) => {
  for (const { id, work, connections, sketch } of ROWS) {
    if (sketch === undefined) continue;
    const other = ROWS.find((row) => row.id === sketch);
    t.equal(other?.system, 'sketch', id);
    // An eventual read is one of the nearest replica, as one at `one` is.
    t.equal(other?.work, work === 'get eventual' ? 'get one' : work, id);
    t.ok(Math.abs((other?.connections ?? 0) - connections) <= 2, id);
  }
  t.end();
});

t.test('options', (t) => {
  t.match(parseOptions([]), { experiments: EXPERIMENTS, rounds: 7, seconds: 5, isQuick: false });
  t.match(parseOptions(['--quick']), { rounds: 3, seconds: 1, isQuick: true });
  t.match(parseOptions(['--only', 'p3, P10']), { experiments: ['P3', 'P10'] });
  t.throws(() => parseOptions(['--only', 'P99']), /there is no experiment "P99"/);
  t.throws(() => parseOptions(['--rounds', '0']), /a whole number/);
  t.throws(() => parseOptions(['--nothing']));
  t.end();
});

t.test('a quick run of the cost report measures some of its points', (t) => {
  for (const { name, points, quickPoints } of AXES) {
    t.ok(
      quickPoints.every((point) => points.includes(point)),
      name,
    );
  }
  t.end();
});
