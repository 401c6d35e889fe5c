/** `npm run bench`: the targets measured side by side. See docs/notebook/performance.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { drawBench } from './bench-chart.js';
import { BenchRun } from './bench-run.js';
import type { BenchOptions } from './options.js';
import { parseOptions, USAGE } from './options.js';
import { profileText } from './profile.js';
import { reportJson, reportText } from './report.js';
import { install, isInstalled, missing } from './tools.js';

async function main(words: readonly string[]): Promise<number> {
  let options: BenchOptions;
  try {
    options = parseOptions(words);
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  if (options.install) return install() ? 0 : 1;
  if (!isInstalled('wrk')) {
    console.error(`NOT RUN: nothing was measured: ${missing('wrk')}`);
    return 1;
  }
  if (options.profile !== undefined) {
    console.log(await profileText(options, options.profile));
    return 0;
  }
  await table(options);
  return 0;
}

async function table(options: BenchOptions): Promise<void> {
  const run = new BenchRun(options);
  for (const [signal, status] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
    process.once(signal, () => {
      void run.stop().finally(() => process.exit(status));
    });
  }
  try {
    const results = await run.run();
    mkdirSync(dirname(options.result), { recursive: true });
    writeFileSync(options.result, reportJson(results));
    mkdirSync(dirname(options.picture), { recursive: true });
    writeFileSync(options.picture, drawBench(results.rows));
    console.log(reportText(results));
    const reasons = new Set(results.rows.flatMap(({ notRun }) => notRun ?? []));
    for (const reason of reasons) console.log(`NOT RUN: ${reason}`);
  } finally {
    await run.stop();
  }
}

process.exitCode = await main(process.argv.slice(2));
