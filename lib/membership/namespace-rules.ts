/** What a namespace asks of the requests for its keys; what it leaves out is as in the cluster. */
import { z } from 'zod';
import { shapedBy } from '../encoding/shaped.js';
import { OperatingError } from '../errors.js';
import type { Durability } from '../persistence/store.js';
import { isNamespaceName } from '../partitioning/namespace.js';
import { STRATEGY_NAMES } from '../resolution/strategies.js';
import {
  BLIND_WRITES,
  type ConsistencySettings,
  levelFor,
  rateLimitMax,
  rateLimitWindow,
  TEN_YEARS_SECONDS,
  VERSIONS_KEPT_MAX,
} from './settings-types.js';

const LEVELS_MAX = 32;
export const DURABILITIES = ['sync', 'os', 'memory'] as const;

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
  /** What an acknowledgement means where a write does not say, and is of no session. */
  durability: z.enum(DURABILITIES).optional(),
  versions_kept: z.int().min(0).max(VERSIONS_KEPT_MAX).optional(),
  rate_limit_max: rateLimitMax.optional(),
  rate_limit_window: rateLimitWindow.optional(),
});

export type NamespaceRules = z.infer<typeof namespaceRules>;

/** The rules of the default namespace: those of the cluster. */
export const NO_RULES: NamespaceRules = {};

/** What a namespace may say in the place of the cluster. */
type OfTheCluster =
  | 'default_level'
  | 'default_write_level'
  | 'blind_writes'
  | 'conflict_resolution'
  | 'versions_kept'
  | 'rate_limit_max'
  | 'rate_limit_window';

export interface EffectiveRules extends Readonly<Pick<ConsistencySettings, OfTheCluster>> {
  /** Undefined: all. */
  readonly allowed_levels: readonly string[] | undefined;
  /** Undefined: they have no end. */
  readonly default_ttl_s: number | undefined;
  readonly durability: Durability;
}

/** What holds for requests that do not say: the namespace beats the cluster. */
export function effectiveRules(
  values: ConsistencySettings,
  rules: NamespaceRules = NO_RULES,
): EffectiveRules {
  return {
    default_level: rules.default_level ?? values.default_level,
    default_write_level: rules.default_write_level ?? values.default_write_level,
    allowed_levels: rules.allowed_levels,
    blind_writes: rules.blind_writes ?? values.blind_writes,
    conflict_resolution: rules.conflict_resolution ?? values.conflict_resolution,
    default_ttl_s: rules.default_ttl_s,
    durability: rules.durability ?? 'sync',
    versions_kept: rules.versions_kept ?? values.versions_kept,
    rate_limit_max: rules.rate_limit_max ?? values.rate_limit_max,
    rate_limit_window: rules.rate_limit_window ?? values.rate_limit_window,
  };
}

/** What a later version gives effect. */
const LATER_RULES = ['replicas', 'n', 'group'];

/**
 * @throws OperatingError `invalid_request` that names the first field at fault, `not_implemented`
 */
export function validRules(rules: unknown): NamespaceRules {
  const later = Object.keys(rules ?? {}).find((name) => LATER_RULES.includes(name));
  if (later !== undefined) {
    const message = `${later}: all namespaces have the N of the ring in this version`;
    throw new OperatingError('not_implemented', message, { details: { field: later } });
  }
  const shaped = shapedBy(namespaceRules, rules);
  if ('value' in shaped) return shaped.value;
  const [{ field, message }] = shaped.problems;
  throw refusedRule(field, message);
}

/** Rules under which a request that names no level would be refused are none. */
export function assertDefaultsAllowed(values: ConsistencySettings, rules: NamespaceRules): void {
  const { allowed_levels: allowed, ...effective } = effectiveRules(values, rules);
  if (allowed === undefined) return;
  for (const field of ['default_level', 'default_write_level'] as const) {
    if (isLevelAllowed(allowed, effective[field])) continue;
    const whose = rules[field] === undefined ? `, that of the cluster,` : '';
    const message = `"${effective[field]}"${whose} is not among "allowed_levels"`;
    throw refusedRule(field, message);
  }
}

function refusedRule(field: string, message: string): OperatingError {
  return new OperatingError('invalid_request', `${field}: ${message}`, { details: { field } });
}

const NUMBERS: ReadonlyMap<string, string> = new Map([
  ...[['one', '1'] as const, ['two', '2'] as const, ['three', '3'] as const],
]);

/** @param level as a request names it, or as it was parsed: `TWO` and `2` are the same */
export function isLevelAllowed(allowed: readonly string[], level: string): boolean {
  return allowed.some((text) => plainLevel(text) === plainLevel(level));
}

function plainLevel(text: string): string {
  const [name = ''] = text.trim().toLowerCase().split(';', 1);
  return NUMBERS.get(name.trim()) ?? name.trim();
}

/** A namespace that was made once: among the settings it is one field. */
export interface NamespaceField {
  /** How often it was made: its keys are stored under it (N2). */
  readonly generation: number;
  /** Null: it was deleted. */
  readonly rules: NamespaceRules | null;
}

const namespaceField = z.strictObject({
  generation: z.int().min(1),
  rules: namespaceRules.nullable(),
});

const FIELD = 'namespace/';

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
  return namespaceOfField(field) !== undefined && namespaceField.safeParse(value).success;
}

/**
 * How far the life of a namespace has come: the further of two fields is kept, whichever was set
 * later (N3). A change of rules that meets the delete of their generation has no effect.
 */
export function progressOf({ generation, rules }: NamespaceField): number {
  return 2 * generation + (rules === null ? 1 : 0);
}
