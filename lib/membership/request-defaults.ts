/** What holds for a request that does not say: namespace beats cluster. */
import type { Defaults } from '../coordination/coordinator.js';
import { NO_RULES } from './namespace-rules.js';
import type { SettingsRegister } from './settings-register.js';

/** @returns by the settings as they are at that moment, of the namespace that is named */
export function requestDefaults(
  settings: Pick<SettingsRegister, 'values' | 'namespaces'>,
): (namespace: string) => Defaults {
  return (namespace) => {
    const { values } = settings;
    const rules = settings.namespaces.get(namespace) ?? NO_RULES;
    return {
      readLevel: rules.default_level ?? values.default_level,
      writeLevel: rules.default_write_level ?? values.default_write_level,
      readRepairProbability: values.read_repair_probability,
      blindWrites: rules.blind_writes ?? values.blind_writes,
      conflictResolution: rules.conflict_resolution ?? values.conflict_resolution,
    };
  };
}
