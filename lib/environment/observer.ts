/** Reporting as a port: structured events, and metrics by name. */
import type { MetricName } from './metrics.js';

export type Severity = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;
export type Labels = Readonly<Record<string, string>>;

export interface Observer {
  log(severity: Severity, event: string, fields?: LogFields): void;
  /** Adds to a counter. */
  count(metric: MetricName, labels?: Labels, by?: number): void;
  /** Sets a gauge, or adds one observation to a histogram. */
  measure(metric: MetricName, value: number, labels?: Labels): void;
}
