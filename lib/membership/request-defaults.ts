/** What holds for a request that does not say: namespace beats cluster. */
import type { Defaults } from '../coordination/request-defaults.js';
import { DEFAULT_NAMESPACE } from '../partitioning/namespace.js';
import { effectiveRules } from './namespace-rules.js';
import type { SettingsRegister } from './settings-register.js';
import { VERSIONS_KEPT_MAX } from './settings-types.js';

/** @returns by the settings as they are at that moment, of the namespace of a stored key */
export function requestDefaults(
  settings: Pick<SettingsRegister, 'values' | 'state'>,
): (stored: string) => Defaults {
  return (stored) => {
    const { values } = settings;
    const rules = effectiveRules(values, settings.state.rulesOfStored(stored));
    return {
      readLevel: rules.default_level,
      writeLevel: rules.default_write_level,
      readRepairProbability: values.read_repair_probability,
      blindWrites: rules.blind_writes,
      conflictResolution: rules.conflict_resolution,
      durability: rules.durability,
      ttlSeconds: rules.default_ttl_s,
    };
  };
}

/** Nothing that is kept is given up for a namespace that this node does not know yet. */
export function versionsKeptOf(
  { values, state }: Pick<SettingsRegister, 'values' | 'state'>,
  stored: string,
): number {
  const rules = state.rulesOfStored(stored);
  if (rules === undefined && stored !== DEFAULT_NAMESPACE && !state.hasEnded(stored)) {
    return VERSIONS_KEPT_MAX;
  }
  return effectiveRules(values, rules).versions_kept;
}
