/** `quorate version`: of this software. */
import { VARIABLES_OPTION } from '../command-options.js';
import type { CommandRow } from '../command.js';
import { EXIT } from '../exit-code.js';
import { jsonText, OUTPUT_OPTION, print } from '../output.js';
import { softwareVersion } from '../software-version.js';

export const versionCommand: CommandRow = {
  name: 'version',
  group: 'Other:',
  example: 'version',
  summary: 'print the version',
  options: [OUTPUT_OPTION, VARIABLES_OPTION],
  run: ({ options, terminal }) => {
    const version = softwareVersion();
    print(terminal, options, {
      table: () => `quorate ${version} on Node.js ${process.versions.node}`,
      json: () => jsonText({ version, node: process.versions.node }),
      value: () => version,
    });
    return EXIT.done;
  },
};
