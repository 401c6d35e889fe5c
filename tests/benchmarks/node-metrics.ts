/** What a node says of itself in its metrics. */

/** By name, and by name and labels as they stand there. */
export async function metricsOf(endpoint: string): Promise<ReadonlyMap<string, number>> {
  return parseMetrics(await (await fetch(`${endpoint}/metrics`)).text());
}

export function parseMetrics(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

/**
 * p99 of the delay of its event loop since the metrics were asked for the last time, milliseconds;
 * undefined where it does not answer.
 */
export async function eventLoopDelay(endpoint: string): Promise<number | undefined> {
  return eventLoopDelayIn(await metricsOf(endpoint).catch(() => undefined));
}

export function eventLoopDelayIn(
  metrics: ReadonlyMap<string, number> | undefined,
): number | undefined {
  const lag = metrics?.get('nodejs_eventloop_lag_p99_seconds');
  return lag === undefined ? undefined : lag * 1000;
}

/** Hints that wait on the node, for all targets. */
export function hintsHeldIn(metrics: ReadonlyMap<string, number> | undefined): number | undefined {
  if (metrics === undefined) return undefined;
  const held = [...metrics].filter(([name]) => name.startsWith('quorate_hints_held{'));
  return held.reduce((sum, [, count]) => sum + count, 0);
}
