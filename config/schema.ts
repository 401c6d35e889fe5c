/** Every setting of a node: the one table, by group. Explained in docs/operations.md. */
import { adminGroup } from './groups/admin.js';
import { antiEntropyGroup } from './groups/anti-entropy.js';
import { backgroundGroup } from './groups/background.js';
import { consistencyGroup } from './groups/consistency.js';
import { expiryGroup } from './groups/expiry.js';
import { handoffGroup } from './groups/handoff.js';
import { httpGroup } from './groups/http.js';
import { nodeGroup } from './groups/node.js';
import { peersGroup } from './groups/peers.js';
import { rateLimitGroup } from './groups/rate-limit.js';
import { requestsGroup } from './groups/requests.js';
import { resolutionGroup } from './groups/resolution.js';
import { ringGroup } from './groups/ring.js';
import { storageGroup } from './groups/storage.js';
import type { SettingGroup, SettingRow, ValueOf } from './setting.js';

export const SETTINGS = {
  node: nodeGroup,
  ring: ringGroup,
  consistency: consistencyGroup,
  resolution: resolutionGroup,
  requests: requestsGroup,
  rateLimit: rateLimitGroup,
  http: httpGroup,
  peers: peersGroup,
  storage: storageGroup,
  handoff: handoffGroup,
  antiEntropy: antiEntropyGroup,
  expiry: expiryGroup,
  background: backgroundGroup,
  admin: adminGroup,
} as const satisfies Readonly<Record<string, SettingGroup>>;

type Groups = typeof SETTINGS;

/** `settings.requests.timeoutDefaultMilliseconds`, and so on: typed from the rows. */
export type Settings = {
  readonly [Group in keyof Groups]: {
    readonly [Key in keyof Groups[Group]]: Groups[Group][Key] extends SettingRow
      ? ValueOf<Groups[Group][Key]>
      : never;
  };
};

export type GroupName = keyof Groups;

/** `requests.timeoutDefaultMilliseconds`, and so on. */
export type SettingName = {
  [Group in GroupName]: `${Group}.${keyof Groups[Group] & string}`;
}[GroupName];

/** A row with its names. */
export interface NamedSetting {
  readonly group: GroupName;
  readonly key: string;
  /** `group.key`: in `--config` files the group is an object, in messages it is this. */
  readonly name: SettingName;
  /** `QUORATE_GROUP_KEY` */
  readonly variable: string;
  /** `--group-key`, without the group for those of `node`. */
  readonly flag: string;
  readonly row: SettingRow;
}

function words(key: string): string[] {
  return key.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
}

function named(group: GroupName, key: string, row: SettingRow): NamedSetting {
  const path = words(key)[0] === group ? words(key) : [...words(group), ...words(key)];
  return {
    group,
    key,
    name: `${group}.${key}` as SettingName,
    variable: `QUORATE_${path.join('_').toUpperCase()}`,
    flag: `--${(group === 'node' ? words(key) : path).join('-')}`,
    row,
  };
}

/** All rows, in the order of the table. */
export const SETTING_LIST: readonly NamedSetting[] = Object.entries(SETTINGS).flatMap(
  ([group, rows]) => Object.entries(rows).map(([key, row]) => named(group as GroupName, key, row)),
);
