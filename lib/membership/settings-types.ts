/** The cluster's settings: what a change is, and what is said of it (docs/operations.md; M2). */
import { z } from 'zod';
import { parseLevel } from '../coordination/request/level.js';
import { parseDuration } from '../encoding/duration.js';
import { shapedBy } from '../encoding/shaped.js';
import { OperatingError } from '../errors.js';
import { STRATEGY_NAMES } from '../resolution/strategies.js';

export function levelFor(operation: 'read' | 'write') {
  return z.string().superRefine((text, context) => {
    try {
      parseLevel(text, operation);
    } catch (error) {
      const message = error instanceof OperatingError ? error.message : 'not a level';
      context.addIssue({ code: 'custom', message });
    }
  });
}

export const TEN_YEARS_SECONDS = 315_360_000;
export const BLIND_WRITES = ['overwrite', 'sibling', 'refuse'] as const;

export const VERSIONS_KEPT_MAX = 1000;
const RATE_LIMIT_MAX = 1_000_000_000;
const RATE_LIMIT_WINDOW_MILLISECONDS_MAX = 86_400_000;
const RATE_LIMIT_WINDOW_SAYS =
  'must be a duration of whole seconds with its unit, 1s to 24h, as 10s or 1m';

/** Whole seconds, since the header that carries it knows nothing finer. */
function isWindow(text: string): boolean {
  const milliseconds = /[a-z]$/.test(text) ? parseDuration(text, 'ms') : undefined;
  if (milliseconds === undefined || milliseconds % 1000 !== 0) return false;
  return milliseconds >= 1000 && milliseconds <= RATE_LIMIT_WINDOW_MILLISECONDS_MAX;
}

/** Of one client, on each node; 0: any number. */
export const rateLimitMax = z.int().min(0).max(RATE_LIMIT_MAX);
export const rateLimitWindow = z
  .string({ error: ({ input }) => (input === undefined ? undefined : RATE_LIMIT_WINDOW_SAYS) })
  .refine(isWindow, RATE_LIMIT_WINDOW_SAYS);

/** Each field is valid independently of the others, so that merging field by field stays valid. */
export const consistencySettings = z.strictObject({
  default_level: levelFor('read'),
  default_write_level: levelFor('write'),
  read_repair_probability: z.number().min(0).max(1),
  blind_writes: z.enum(BLIND_WRITES),
  tombstone_retention_s: z.int().min(0).max(TEN_YEARS_SECONDS),
  conflict_resolution: z.enum(STRATEGY_NAMES),
  /** Of each key; 0: none. */
  versions_kept: z.int().min(0).max(VERSIONS_KEPT_MAX),
  /** 0: whatever their age. */
  versions_kept_for_s: z.int().min(0).max(TEN_YEARS_SECONDS),
  /** Requests for keys, in each namespace. */
  rate_limit_max: rateLimitMax,
  rate_limit_window: rateLimitWindow,
});

export type ConsistencySettings = z.infer<typeof consistencySettings>;
export type ConsistencySettingName = keyof ConsistencySettings;
export const CONSISTENCY_SETTING_NAMES = Object.keys(
  consistencySettings.shape,
) as readonly ConsistencySettingName[];

/** One change that was made. */
export interface SettingsChange {
  /** The version that the change made. */
  readonly version: string;
  /** Wall milliseconds on the node that took it. */
  readonly at: number;
  /** The node that took it, and who asked. */
  readonly node: string;
  readonly by: string;
  readonly changed: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;
  /** All fields after it, as that node saw them. */
  readonly settings: ConsistencySettings;
}

export interface SettingsAnswer {
  readonly settings: ConsistencySettings;
  /** Names this state of all fields; for `If-Match` and rollback. */
  readonly version: string;
  /** Nodes known to have it durably; those that were away get it when they return. */
  readonly nodes: readonly string[];
}

export interface ChangeOptions {
  /** Only if this is still the version; else `precondition_failed`. */
  readonly ifMatch: string | undefined;
  /** Validate and show the result, change nothing. */
  readonly dryRun: boolean;
  readonly by: string;
  /** Undefined: what background work has. */
  readonly timeoutMilliseconds?: number;
}

/** What the API needs. Changes reject with `settings_unavailable` where no majority is up. */
export interface SettingsControl {
  /** As this node has them; costs nothing. */
  readonly values: ConsistencySettings;
  /** The same, and which state of them that is. */
  current(): SettingsAnswer;
  change(fields: Partial<ConsistencySettings>, options: ChangeOptions): Promise<SettingsAnswer>;
  /** Newest first. */
  history(): readonly SettingsChange[];
  /** A new change, to the fields as they were at `version`; `not_found` where that is not known. */
  rollback(version: string, options: ChangeOptions): Promise<SettingsAnswer>;
}

/** @throws OperatingError `invalid_request` that names the first field at fault. */
export function validSettings(fields: Partial<ConsistencySettings>): Partial<ConsistencySettings> {
  const shaped = shapedBy(consistencySettings.partial(), fields);
  if ('value' in shaped) {
    const given = Object.entries(shaped.value).filter(([, value]) => value !== undefined);
    return Object.fromEntries(given);
  }
  const [{ field, message }] = shaped.problems;
  throw new OperatingError('invalid_request', `${field}: ${message}`, { details: { field } });
}

export function changeTooLate(): OperatingError {
  const message = 'other changes, or what the other nodes know, took the time: nothing is changed';
  return new OperatingError('deadline_passed', message, { outcome: 'none' });
}
