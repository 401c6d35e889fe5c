/** Settings of the admin page of a node. */
import type { SettingGroup } from '../setting.js';

export const adminGroup = {
  listen: {
    kind: 'text',
    default: '',
    pattern: /^(?:\S+:[0-9]{1,5})?$/,
    says: 'host:port',
    why: 'Where this node serves the admin page; empty: nowhere. Beyond loopback it only shows.',
  },
} as const satisfies SettingGroup;
