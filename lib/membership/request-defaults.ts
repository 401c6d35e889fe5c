/** What holds for a request that does not say: namespace beats cluster. */
import type { Defaults } from '../coordination/request/request-defaults.js';
import type { SettingsRegister } from './settings-register.js';
import { VERSIONS_KEPT_MAX } from './settings-types.js';

type Settings = Pick<SettingsRegister, 'values' | 'state'>;

/** @returns by the settings as they are at that moment, of the namespace of a stored key */
export function requestDefaults(settings: Settings): (stored: string) => Defaults {
  return (stored) => {
    const { state, values } = settings;
    const { effective } = state.namespaceOfStored(stored) ?? state.defaultNamespace;
    return {
      readLevel: effective.default_level,
      writeLevel: effective.default_write_level,
      readRepairProbability: values.read_repair_probability,
      blindWrites: effective.blind_writes,
      conflictResolution: effective.conflict_resolution,
      durability: effective.durability,
      ttlSeconds: effective.default_ttl_s,
    };
  };
}

/** Nothing that is kept is given up for a namespace that this node does not know yet. */
export function versionsKeptOf({ values, state }: Settings, stored: string): number {
  const live = state.namespaceOfStored(stored);
  if (live !== undefined) return live.effective.versions_kept;
  return state.hasEnded(stored) ? values.versions_kept : VERSIONS_KEPT_MAX;
}
