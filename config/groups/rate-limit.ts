/** How much one client may ask (docs/operations.md); the first two are changed at run time. */
import type { SettingGroup } from '../setting.js';

export const rateLimitGroup = {
  max: {
    kind: 'integer',
    default: 0,
    minimum: 0,
    maximum: 1_000_000_000,
    unit: 'requests',
    why: 'Requests for keys of one client in a window, on each node; more: 429. 0: no limit.',
  },
  windowSeconds: {
    kind: 'integer',
    default: 1,
    minimum: 1,
    maximum: 86_400,
    unit: 'seconds',
    why: 'The window of it. A long one admits long bursts, a short one spreads the load.',
  },
  clientsMax: {
    kind: 'integer',
    default: 10_000,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'clients',
    why: 'Clients whose counts are remembered, half a kilobyte each; who was longest quiet goes.',
  },
  trustedProxies: {
    kind: 'subnets',
    default: [],
    why: 'Proxies whose `X-Forwarded-For` names the client; of any other sender it is ignored.',
  },
} as const satisfies SettingGroup;
