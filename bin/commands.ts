/** The table of commands, in the order of the help. */
import type { CommandRow } from './command.js';
import { assessCommand } from './commands/assess.js';
import { batchCommand } from './commands/batch.js';
import { clusterCommand } from './commands/cluster.js';
import { compareCommand } from './commands/compare.js';
import { completionCommand } from './commands/completion.js';
import { configCommand } from './commands/config.js';
import { conflictsCommand } from './commands/conflicts.js';
import { convergenceCommand } from './commands/convergence.js';
import { copiesCommand } from './commands/copies.js';
import { deleteCommand } from './commands/delete.js';
import { eventsCommand } from './commands/events.js';
import { exchangeCommand } from './commands/exchange.js';
import { getCommand } from './commands/get.js';
import { hintsCommand } from './commands/hints.js';
import { levelsCommand } from './commands/levels.js';
import { listCommand } from './commands/list.js';
import { locateCommand } from './commands/locate.js';
import { namespaceCommand } from './commands/namespace.js';
import { nodeCommand } from './commands/node.js';
import { operationCommand } from './commands/operation.js';
import { putCommand } from './commands/put.js';
import { resolveCommand } from './commands/resolve.js';
import { ringCommand } from './commands/ring.js';
import { statusCommand } from './commands/status.js';
import { stressCommand } from './commands/stress.js';
import { versionCommand } from './commands/version.js';
import { versionsCommand } from './commands/versions.js';

export const COMMANDS: readonly CommandRow[] = [
  clusterCommand,
  nodeCommand,
  putCommand,
  getCommand,
  deleteCommand,
  listCommand,
  batchCommand,
  conflictsCommand,
  resolveCommand,
  versionsCommand,
  operationCommand,
  statusCommand,
  ringCommand,
  locateCommand,
  copiesCommand,
  levelsCommand,
  exchangeCommand,
  hintsCommand,
  convergenceCommand,
  eventsCommand,
  configCommand,
  namespaceCommand,
  stressCommand,
  assessCommand,
  compareCommand,
  versionCommand,
  completionCommand(() => COMMANDS),
];
