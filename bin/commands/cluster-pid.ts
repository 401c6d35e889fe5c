/** `quorate cluster pid`: the process of a node, for those who want to see it die. */
import { resolve } from 'node:path';
import { OperatingError } from '../../lib/errors.js';
import { DATA_DIR_OPTION } from '../cluster/data-dir-option.js';
import { livePidOf, type RunningNode, runningOf } from '../cluster/running-file.js';
import type { CommandRow, Invocation } from '../command.js';
import { VARIABLES_OPTION } from '../command-options.js';
import type { ExitCode } from '../exit-code.js';
import { EXIT } from '../exit-code.js';
import { jsonText, OUTPUT_OPTION, print } from '../output.js';

export const pidCommand: CommandRow = {
  name: 'pid',
  example: 'cluster pid n2',
  summary: 'print the process id of a node of a local cluster, if that process runs now',
  arguments: '<id>',
  completes: 'local-nodes',
  options: [DATA_DIR_OPTION, VARIABLES_OPTION, OUTPUT_OPTION],
  run,
};

function run({ arguments: [id = ''], options, terminal }: Invocation): ExitCode {
  const dataDir = resolve(options.required('dataDir'));
  const running = runningOf(dataDir);
  if (running === undefined) {
    throw new OperatingError('not_ready', `no cluster runs on ${dataDir}`);
  }
  const node = running.nodes.find((row) => row.id === id);
  if (node === undefined) {
    const ids = running.nodes.map((row) => row.id).join(', ');
    throw new OperatingError('not_found', `there is no node ${id}; there are ${ids}`);
  }
  const pid = livePidOf(node);
  if (pid === undefined) throw new OperatingError('not_ready', whyNot(node, dataDir));
  const value = (): string => String(pid);
  print(terminal, options, { table: value, json: () => jsonText({ id, pid }), value });
  return EXIT.done;
}

function whyNot({ id, pid, stamp }: RunningNode, dataDir: string): string {
  if (pid === undefined) return `${id} does not run on ${dataDir}`;
  if (stamp === undefined) return `this system does not say whether process ${pid} is still ${id}`;
  return `${id} does not run on ${dataDir}: it was process ${pid}, which has ended`;
}
