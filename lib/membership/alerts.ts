/** Alerts of the status: what needs an operator, one sentence for each. */
import type { MemberStatus } from './cluster-types.js';

/** Of each key once: its replicas say nearly the same. */
export function sizeAlerts(nodes: readonly MemberStatus[]): string[] {
  const alerts = new Map<string, string>();
  for (const { what, namespace, key, bytes, limit } of nodes.flatMap(
    ({ report }) => report?.large_keys ?? [],
  )) {
    const name = `the ${what} of ${JSON.stringify(key)} in ${namespace}`;
    if (!alerts.has(name)) alerts.set(name, `${name}: ${bytes} of ${limit} bytes`);
  }
  return [...alerts.values()];
}

export function clockAlert(id: string, skew: number | undefined): string {
  if (skew === undefined) return `${id} does not know enough clocks to trust its own`;
  return `the clock of ${id} is ${(skew / 1000).toFixed(1)} s from those of the others`;
}
