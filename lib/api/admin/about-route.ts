/** What this node is and can: versions and capabilities, the OpenAPI document, and its page. */
import { z } from 'zod';
import { AVAILABLE_LEVELS, LEVEL_NAMES } from '../../coordination/level.js';
import type { ApiWorld } from '../api-world.js';
import { batchOperationsMax } from '../http/batch-body.js';
import { LATER_OF_KEYS } from '../http/data-target.js';
import { KEY_BYTES_MAX } from '../http/key-of-path.js';
import { LATER_HEADERS } from '../http/request-options.js';
import { jsonReply } from './control-reply.js';
import { LATER_FEATURES } from './later-paths.js';
import type { ControlRoute } from './route.js';

const aboutShape = z.strictObject({
  name: z.literal('quorate'),
  version: z.string(),
  api_versions: z.array(z.string()),
  node: z.string(),
  /** What may be asked for, and what answers 501 in this version. */
  capabilities: z.strictObject({
    levels: z.array(z.string()),
    durabilities: z.array(z.string()),
    value_bytes_max: z.number(),
    key_bytes_max: z.number(),
    batch_operations_max: z.number(),
    batch_bytes_max: z.number(),
  }),
  not_in_this_version: z.array(z.string()),
});

export function aboutRoute({ node, version, limits }: ApiWorld): ControlRoute {
  const about: z.infer<typeof aboutShape> = {
    name: 'quorate',
    version,
    api_versions: ['v1'],
    node: node.id,
    capabilities: {
      levels: [...AVAILABLE_LEVELS],
      durabilities: ['sync', 'os', 'memory'],
      value_bytes_max: limits.valueBytesMax,
      key_bytes_max: KEY_BYTES_MAX,
      batch_operations_max: batchOperationsMax(limits),
      batch_bytes_max: limits.batchBytesMax,
    },
    not_in_this_version: [
      ...LATER_FEATURES,
      ...LATER_OF_KEYS,
      ...LATER_HEADERS,
      ...LEVEL_NAMES.filter((name) => !AVAILABLE_LEVELS.includes(name)),
    ],
  };
  return {
    method: 'GET',
    path: '/api/v1',
    operationId: 'getAbout',
    tag: 'About',
    summary: 'Versions and capabilities',
    parameters: [],
    answers: { 200: { description: 'What this node is and can.', schema: aboutShape } },
    handle: () => jsonReply(about),
  };
}
