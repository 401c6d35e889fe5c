/** What this node is and can: versions and capabilities, the OpenAPI document, and its page. */
import { z } from 'zod';
import { LEVEL_NAMES } from '../../coordination/request/level.js';
import type { ApiWorld } from '../api-world.js';
import { batchOperationsMax } from '../http/batch-body.js';
import { KEY_BYTES_MAX } from '../http/key-of-path.js';
import { jsonReply, seeOther, textReply } from './control-reply.js';
import { DOCS_PATH } from './docs-page.js';
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

const TEXT_TYPE = 'text/plain; charset=utf-8';
const VARIES = ['Vary', 'Accept'];
const START = `Quorate, a leaderless key-value store.

Write and read a key:
  curl -X PUT -H 'Content-Type: application/json' -d '{"value":"hello"}' ADDRESS/api/v1/kv/greeting
  curl ADDRESS/api/v1/kv/greeting

/docs                    every request, for a browser
/openapi.json            the same, for tools
/api/v1                  versions and limits
/api/v1/cluster/status   the nodes, and a verdict
/healthz, /readyz        does it live, and can it serve?
/metrics                 for Prometheus
`;

export function aboutRoutes({ node, version, limits }: ApiWorld): ControlRoute[] {
  const about: z.infer<typeof aboutShape> = {
    name: 'quorate',
    version,
    api_versions: ['v1'],
    node: node.id,
    capabilities: {
      levels: [...LEVEL_NAMES],
      durabilities: ['sync', 'os', 'memory'],
      value_bytes_max: limits.valueBytesMax,
      key_bytes_max: KEY_BYTES_MAX,
      batch_operations_max: batchOperationsMax(limits),
      batch_bytes_max: limits.batchBytesMax,
    },
    not_in_this_version: [...LATER_FEATURES],
  };
  const shared = { method: 'GET', tag: 'About', parameters: [] } as const;
  const answers = { 200: { description: 'What this node is and can.', schema: aboutShape } };
  return [
    {
      ...{ ...shared, path: '/api/v1', operationId: 'getAbout', answers },
      summary: 'Versions and capabilities',
      handle: () => jsonReply(about),
    },
    {
      ...{ ...shared, path: '/api', operationId: 'getAboutOfAll', answers },
      isAlias: true,
      summary: 'The same: there is one version',
      handle: () => jsonReply(about),
    },
    {
      ...{ ...shared, path: '/api/v1/', operationId: 'getAboutToo', answers },
      isAlias: true,
      summary: 'The same',
      handle: () => jsonReply(about),
    },
    {
      ...{ ...shared, path: '/', operationId: 'getStart' },
      summary: 'Where to begin: text for people at a terminal, the page at /docs for a browser',
      answers: {
        200: { description: 'The text.', contentType: TEXT_TYPE },
        302: { description: 'A browser goes to /docs.' },
      },
      handle: ({ headers }) => {
        const isBrowser = headers.accept?.includes('text/html') === true;
        return isBrowser ? seeOther(DOCS_PATH) : textReply(START, TEXT_TYPE, VARIES);
      },
    },
  ];
}
