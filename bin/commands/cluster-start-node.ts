/** `quorate cluster start-node`: asks the running cluster to bring a dead node back. */
import { resolve } from 'node:path';
import { askToStart } from '../cluster/control-socket.js';
import { DATA_DIR_OPTION } from '../cluster/data-dir-option.js';
import type { CommandRow, Invocation } from '../command.js';
import { VARIABLES_OPTION } from '../command-options.js';
import type { ExitCode } from '../exit-code.js';
import { EXIT } from '../exit-code.js';
import { jsonText, OUTPUT_OPTION, print } from '../output.js';

export const startNodeCommand: CommandRow = {
  name: 'start-node',
  example: 'cluster start-node n2',
  summary: 'bring a dead node of a running local cluster back',
  arguments: '<id>',
  completes: 'local-nodes',
  options: [DATA_DIR_OPTION, VARIABLES_OPTION, OUTPUT_OPTION],
  run,
};

async function run({ arguments: [id = ''], options, terminal }: Invocation): Promise<ExitCode> {
  const { pid, started } = await askToStart(resolve(options.required('dataDir')), id);
  print(terminal, options, {
    table: () => `${id} ${started ? 'serves again' : 'runs already'} (pid ${pid})`,
    json: () => jsonText({ id, pid, started }),
    value: () => String(pid),
  });
  return EXIT.done;
}
