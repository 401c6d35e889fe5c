/** The time axis of a chart: labels are whole seconds, so that no two are alike. */

/** Seconds between two labels. */
export const TIME_STEPS: number[] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];

const SHORTEST_SECONDS = 30;

/** Of a short time the chart is as wide as of half a minute, up to the last point. */
export function timeRange(low: number | null, high: number | null): [number, number] {
  const end = high ?? SHORTEST_SECONDS;
  return [Math.min(low ?? end, end - SHORTEST_SECONDS), end];
}

export function timeOfDay(seconds: number): string {
  return new Date(1000 * seconds).toLocaleTimeString('en-GB');
}
