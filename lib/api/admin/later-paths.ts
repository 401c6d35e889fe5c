/** Paths that a later version serves: 501 with a problem that says so, never without effect. */
import { later } from '../http/refusals.js';

const LATER_PATHS: readonly (readonly [path: string, feature: string])[] = [
  ['/api/v1/backups', 'backups'],
  ['/api/v1/cluster/join', 'membership changes'],
  ['/api/v1/cluster/leave', 'membership changes'],
  ['/api/v1/cluster/replace', 'membership changes'],
  ['/api/v1/cluster/plan', 'membership changes'],
  ['/api/v1/cluster/commit', 'membership changes'],
  ['/api/v1/cluster/abort', 'membership changes'],
];

/** What is not in this version, each named once. */
export const LATER_FEATURES: readonly string[] = [
  ...new Set(LATER_PATHS.map(([, feature]) => feature)),
];

/** @throws OperatingError `not_implemented` where a later version has something at this path */
export function refuseLaterPath(path: string): void {
  for (const [prefix, feature] of LATER_PATHS) {
    if (path === prefix || path.startsWith(`${prefix}/`)) throw later(feature);
  }
}
