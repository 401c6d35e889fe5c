/** `npm run cost-report`: what an operation costs as keys, values, nodes, ... grow. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AXES } from './cost-axes.js';
import { drawCost } from './cost-chart.js';
import type { CostFigure } from './cost-figures.js';
import { machine } from './machine.js';
import { processOwner } from './owner.js';
import { isInstalled, missing } from './tools.js';
import { wholeNumber } from '../whole-number.js';

const words = process.argv.slice(2);
const names = AXES.map(({ name }) => name);
const { values } = parseArgs({
  args: words,
  options: {
    only: { type: 'string', default: names.join(',') },
    /** Fewer points, of a second each. */
    quick: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    /** The largest point of an axis that is measured. */
    most: { type: 'string' },
    pictures: { type: 'string' },
    'data-dir': { type: 'string', default: 'dist/bench' },
  },
});
/** What a quick look draws is not for the documentation. */
const pictures = values.pictures ?? (values.quick ? values['data-dir'] : 'docs/images');
const asked = values.only.split(',').map((name) => name.trim());
const unknown = asked.find((name) => !names.includes(name));
if (unknown !== undefined) throw new Error(`there is no "${unknown}"; there are ${names}`);
const seconds = wholeNumber('--seconds', values.seconds ?? (values.quick ? '1' : '5'));
const most =
  values.most === undefined ? Number.POSITIVE_INFINITY : wholeNumber('--most', values.most);
if (!isInstalled('wrk')) throw new Error(missing('wrk'));

function tableOf(title: string, figures: readonly CostFigure[]): string {
  const lines = figures.map((figure) => {
    const cells = [
      ...[figure.x.toLocaleString('en'), figure.work, figure.operationsPerSecond.toFixed(0)],
      ...[figure.cpuMicroseconds.toFixed(0), figure.p50Milliseconds.toFixed(2)],
      figure.p99Milliseconds.toFixed(1),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const head = `| ${title} | work | operations/s | CPU us/op | p50 ms | p99 ms |`;
  return [head, '|---|---|---|---|---|---|', ...lines].join('\n');
}

mkdirSync(values['data-dir'], { recursive: true });
mkdirSync(pictures, { recursive: true });
const folder = mkdtempSync(join(values['data-dir'], 'cost-'));
processOwner().teardown(() => rmSync(folder, { recursive: true, force: true }));
const where = machine(folder);
const { cores, processor, fileSystem, node, syncMilliseconds } = where;
console.log(
  `${cores} cores (${processor}) shared by all nodes and the load, ${fileSystem}, node ${node}; ` +
    `a write of 4 KiB and its sync take ${syncMilliseconds.toFixed(2)} ms; ${seconds} s a point`,
);
for (const { name, title, points, quickPoints, measure } of AXES) {
  if (!asked.includes(name)) continue;
  console.error(name);
  const directory = join(folder, name);
  mkdirSync(directory);
  const chosen = (values.quick ? quickPoints : points).filter((x) => x <= most);
  const figures = await measure(chosen, { seconds, directory });
  console.log(`\n${tableOf(title, figures)}`);
  writeFileSync(join(pictures, `cost-${name}.svg`), drawCost(title, figures));
  const json = { command: words, where, seconds, axis: name, figures };
  writeFileSync(
    join(values['data-dir'], `cost-${name}.json`),
    `${JSON.stringify(json, undefined, 2)}\n`,
  );
}
console.log(`\nagain: npm run cost-report -- ${words.join(' ')}`.trimEnd());
