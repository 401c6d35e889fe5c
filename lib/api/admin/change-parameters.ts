/** What each change of the settings or of a namespace may carry. */
import type { ParameterRow } from './route.js';

export const DRY_RUN: ParameterRow = {
  name: 'dry_run',
  in: 'query',
  description: 'Validates and shows the result; changes nothing.',
  schema: { type: 'string', const: '1' },
};
export const IF_MATCH: ParameterRow = {
  name: 'If-Match',
  in: 'header',
  description: 'The version of the settings that is to be changed; 412 where it is another by now.',
};
