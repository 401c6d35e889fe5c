/** `quorate cluster pid`: the process of a node, for those who want to see it die. */
import { resolve } from 'node:path';
import { pidOf } from '../cluster/control-socket.js';
import { DATA_DIR_OPTION } from '../cluster/data-dir-option.js';
import type { CommandRow, Invocation } from '../command.js';
import { ENV_FILE_OPTION } from '../command-options.js';
import type { ExitCode } from '../exit-code.js';
import { EXIT } from '../exit-code.js';
import { jsonText, OUTPUT_OPTION, print } from '../output.js';

export const pidCommand: CommandRow = {
  name: 'pid',
  summary: 'print the process id of a node of a running local cluster',
  arguments: '<id>',
  options: [DATA_DIR_OPTION, ENV_FILE_OPTION, OUTPUT_OPTION],
  run,
};

function run({ arguments: [id = ''], options, terminal }: Invocation): Promise<ExitCode> {
  const dataDir = resolve(options.required('dataDir'));
  const pid = pidOf(dataDir, id);
  if (pid === undefined) {
    terminal.err(`no node ${id} runs on ${dataDir}\n`);
    return Promise.resolve(EXIT.notFound);
  }
  const value = (): string => String(pid);
  print(terminal, options, { table: value, json: () => jsonText({ id, pid }), value });
  return Promise.resolve(EXIT.done);
}
