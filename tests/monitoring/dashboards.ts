/** The dashboards of config/monitoring, as Grafana reads them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const target = z.object({ expr: z.string().min(1), refId: z.string(), legendFormat: z.string() });
const place = z.object({ x: z.int(), y: z.int(), w: z.int().positive(), h: z.int().positive() });
const datasource = z.object({ type: z.literal('prometheus'), uid: z.literal('prometheus') });
const panel = z.object({
  id: z.int(),
  type: z.enum(['timeseries', 'stat']),
  title: z.string().min(1),
  datasource,
  gridPos: place,
  targets: z.array(target).min(1),
});
const dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  description: z.string().min(1),
  panels: z.array(panel).min(1),
});

export type Dashboard = z.infer<typeof dashboard>;

/** Each by the name of its file. */
export function readDashboards(folder: string): Map<string, Dashboard> {
  const at = join(folder, 'dashboards');
  const names = readdirSync(at).sort();
  return new Map(
    names.map((name) => [name, dashboard.parse(JSON.parse(readFileSync(join(at, name), 'utf8')))]),
  );
}

/** What Grafana puts in the place of its variables: all nodes, and a minute. */
export function asked(expression: string): string {
  return expression.replaceAll('$__rate_interval', '1m').replaceAll('$node', '.*');
}
