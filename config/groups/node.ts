/** Settings of one node: who it is, where it listens, whom it starts with. */
import type { SettingGroup } from '../setting.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const NAME_SAYS = '1 to 63 letters, digits, dots, dashes or underscores';

export const nodeGroup = {
  id: {
    kind: 'text',
    default: '',
    pattern: /^(?:[a-z0-9][a-z0-9-]{0,62})?$/,
    says: '1 to 63 small letters, digits or hyphens',
    why: 'Name of this node in the ring; needed to start one. It stays with the data directory.',
  },
  listen: {
    kind: 'address',
    default: '127.0.0.1:8080',
    why: 'Where clients connect. Loopback until somebody decides otherwise (http.unsafeListen).',
  },
  peerListen: {
    kind: 'address',
    default: '127.0.0.1:10080',
    why: 'Where other nodes connect; its own port, since client credentials open nothing there.',
  },
  dataDir: {
    kind: 'text',
    default: '.quorate',
    pattern: /./,
    says: 'a folder',
    why: 'Folder with everything that this node stores. One node a folder.',
  },
  initialCluster: {
    kind: 'founders',
    default: [],
    why: 'Founders by peer listener, n1=host:port;zone=z;weight=w; the same on each. Or join.',
  },
  join: {
    kind: 'addresses',
    default: [],
    why: 'Peer listeners to ask for the ring. A node that joins never founds a cluster.',
  },
  secretFile: {
    kind: 'text',
    default: '',
    why: 'File with the secret of the cluster; only its path is a setting. A node needs one.',
  },
  zone: {
    kind: 'text',
    default: 'default',
    pattern: NAME,
    says: NAME_SAYS,
    why: 'What fails together with this node: a rack, a room. Copies go to as many as there are.',
  },
  weight: {
    kind: 'number',
    default: 1,
    minimum: 0.1,
    maximum: 100,
    unit: 'times the usual',
    why: 'Share of the partitions against other nodes. Beyond 100 to 1 balance means little.',
  },
  clusterName: {
    kind: 'text',
    default: 'quorate',
    pattern: NAME,
    says: NAME_SAYS,
    why: 'Part of the identity of the first ring, so that two clusters never mix.',
  },
  logLevel: {
    kind: 'enum',
    default: 'info',
    values: ['debug', 'info', 'warn', 'error'],
    why: 'Least severity that is logged. `debug` writes a line for each request.',
  },
  profile: {
    kind: 'enum',
    default: 'lan',
    values: ['local', 'lan', 'wan'],
    why: 'Set of defaults for one machine, one network, or sites far apart (config/profiles.ts).',
  },
} as const satisfies SettingGroup;
