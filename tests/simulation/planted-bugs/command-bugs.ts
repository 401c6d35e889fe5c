/** Bugs in the command line and in what watches a local cluster (`bin/`). */
import type { PlantedBug } from './planted-bug.js';

export const COMMAND_BUGS: readonly PlantedBug[] = [
  {
    rule: 'commands',
    name: 'what is in conflict no more is resolved',
    file: 'bin/commands/resolve.js',
    right: 'if (found.in_conflict)',
    wrong: 'if (true)',
    test: 'unit/bin/resolve-command.test.js',
  },
  {
    rule: 'commands',
    name: 'a note that cannot be taken away keeps the nodes from their stop',
    file: 'bin/cluster/local-processes.js',
    right: 'this.#options.tell(messageOf(error));\n        }\n    }\n    /** A disk',
    wrong: 'throw error;\n        }\n    }\n    /** A disk',
    test: 'unit/bin/local-processes.test.js',
  },
  {
    rule: 'commands',
    name: 'the path of the control socket may be of any length',
    file: 'bin/cluster/control-socket.js',
    right: 'return fits ? path',
    wrong: 'return fits || true ? path',
    test: 'unit/bin/control-socket.test.js',
  },
  {
    rule: 'commands',
    name: 'the end of the process leaves the control socket',
    file: 'bin/cluster/control-socket.js',
    right: "process.once('exit', this.close);",
    wrong: ';',
    test: 'unit/bin/control-socket.test.js',
  },
  {
    rule: 'commands',
    name: 'options are not checked before a command runs',
    file: 'bin/program.js',
    right: 'checkOption(option, options);',
    wrong: ';',
    test: 'unit/bin/refused-options.test.js',
  },
  {
    rule: 'commands',
    name: 'a cluster that was told to stop starts its nodes',
    file: 'bin/cluster/local-processes.js',
    right: 'if (signal.aborted)',
    wrong: 'if (false)',
    test: 'unit/bin/local-processes.test.js',
  },
  {
    rule: 'commands',
    name: 'a cluster that was told to stop while it starts serves',
    file: 'bin/cluster/local-processes.js',
    right: 'this.#serves = !signal.aborted;',
    wrong: 'this.#serves = true;',
    test: 'unit/bin/local-processes.test.js',
  },
  {
    rule: 'commands',
    name: 'the number of a process is enough to be the node',
    file: 'bin/cluster/running-file.js',
    right: 'return processStamp(pid) === stamp ? pid : undefined;',
    wrong: 'return pid;',
    test: 'unit/bin/running-file.test.js',
  },
];
