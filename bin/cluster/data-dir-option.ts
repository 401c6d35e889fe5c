/** The option that names the folder of a local cluster. */
import type { OptionRow } from '../option-row.js';

export const DATA_DIR_OPTION: OptionRow = {
  flags: '--data-dir <folder>',
  variable: 'QUORATE_CLUSTER_DATA_DIR',
  summary: 'folder of the whole cluster: its secret, and a folder a node',
  default: '.quorate',
};
