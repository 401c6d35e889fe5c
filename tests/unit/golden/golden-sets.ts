/** All formats whose bytes are recorded; a row for each version number. */
import { STORED_FORMAT } from '../../../lib/persistence/checksummed.js';
import { PROTOCOL_VERSIONS } from '../../../lib/platform/peer-protocol.js';
import type { GoldenSet } from './golden-bytes.js';
import { carriedBytes, handshakeBytes } from './handshake-bytes.js';
import { messageBytes } from './message-bytes.js';
import { storedBytes } from './stored-bytes.js';

export const GOLDEN_SETS: readonly GoldenSet[] = [
  {
    file: 'tests/unit/golden/messages.json',
    versionName: 'PROTOCOL_VERSIONS.max',
    version: PROTOCOL_VERSIONS.max,
    bytes: new Map([...messageBytes(), ...(await handshakeBytes()), ...carriedBytes()]),
  },
  {
    file: 'tests/unit/golden/stored.json',
    versionName: 'STORED_FORMAT',
    version: STORED_FORMAT,
    bytes: await storedBytes(),
  },
];
