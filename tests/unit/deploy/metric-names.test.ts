/** Whoever renames a metric renames it in dashboards, rules, pages and documents too. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { METRICS } from '../../../lib/environment/metrics.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const FOLDERS = ['config/monitoring', 'docs', 'lib/admin-page'];
const NAME = /\bquorate_[a-z_]+[a-z]/g;

/** Names in the text that no metric has; those of a histogram have three endings more. */
function strangers(text: string): string[] {
  const names = new Set(text.match(NAME));
  return [...names].filter((name) => {
    const metric = name.replace(/_(?:bucket|sum|count)$/, '');
    return !(name in METRICS) && !(metric in METRICS);
  });
}

t.test('each name of a metric is one', async (t) => {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:json|yml|md|tsx?)$/.test(name))
      .map((name) => join(folder, name)),
  );
  t.ok(files.includes('config/monitoring/alerts.yml') && files.length > 50);
  for (const file of files) {
    t.same(strangers(readFileSync(join(ROOT, file), 'utf8')), [], file);
  }
  t.same(strangers('rate(quorate_no_such_total[1m])'), ['quorate_no_such_total'], 'it looks');
});
