/** What a namespace asks of the requests for its keys; what it leaves out is as in the cluster. */
import { z } from 'zod';
import { isNamespaceName } from '../partitioning/namespace.js';
import { STRATEGY_NAMES } from '../resolution/strategies.js';
import {
  BLIND_WRITES,
  levelFor,
  rateLimitMax,
  rateLimitWindow,
  TEN_YEARS_SECONDS,
  VERSIONS_KEPT_MAX,
} from './settings-types.js';

const LEVELS_MAX = 32;

const anyLevel = z.union([levelFor('read'), levelFor('write')]);

/** Request beats namespace beats cluster; what is not allowed is refused, whoever asks. */
export const namespaceRules = z.strictObject({
  default_level: levelFor('read').optional(),
  default_write_level: levelFor('write').optional(),
  /** Levels that requests may name, fallbacks too; without it all. */
  allowed_levels: z.array(anyLevel).min(1).max(LEVELS_MAX).optional(),
  blind_writes: z.enum(BLIND_WRITES).optional(),
  conflict_resolution: z.enum(STRATEGY_NAMES).optional(),
  /** Of values that are put without a time to live. */
  default_ttl_s: z.int().min(1).max(TEN_YEARS_SECONDS).optional(),
  /** What an acknowledgement means where a write does not say. */
  durability: z.enum(['sync', 'os', 'memory']).optional(),
  versions_kept: z.int().min(0).max(VERSIONS_KEPT_MAX).optional(),
  rate_limit_max: rateLimitMax.optional(),
  rate_limit_window: rateLimitWindow.optional(),
});

export type NamespaceRules = z.infer<typeof namespaceRules>;

/** The rules of the default namespace: those of the cluster. */
export const NO_RULES: NamespaceRules = {};

const FIELD = 'namespace/';

/** Among the settings the rules of a namespace are one field; null: it was deleted. */
export function fieldOfNamespace(name: string): string {
  return `${FIELD}${name}`;
}

/** Undefined: another field. */
export function namespaceOfField(field: string): string | undefined {
  const name = field.startsWith(FIELD) ? field.slice(FIELD.length) : '';
  return isNamespaceName(name) ? name : undefined;
}

/** Is it what a field of a namespace may hold? */
export function isNamespaceField(field: string, value: unknown): boolean {
  if (namespaceOfField(field) === undefined) return false;
  return value === null || namespaceRules.safeParse(value).success;
}
