/** The table of commands, in the order of the help. */
import type { CommandRow } from './command.js';
import { clusterCommand } from './commands/cluster.js';
import { nodeCommand } from './commands/node.js';

export const COMMANDS: readonly CommandRow[] = [clusterCommand, nodeCommand];
