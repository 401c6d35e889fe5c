/** Counts nobody: for nodes whose settings have no rate limit. */
import type { ClientRates } from '../../lib/api/client-rates.js';

export const UNLIMITED_RATES: ClientRates = {
  clientOf: () => 'anybody',
  take: () => ({ allowed: true, remaining: 1, waitMilliseconds: 0 }),
  giveBack: () => undefined,
  remembered: 0,
  rememberedMax: 1,
};
