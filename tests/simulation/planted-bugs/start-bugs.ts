/** Bugs in how a process starts and goes on: its secret, its folders, its files, its output. */
import type { PlantedBug } from './planted-bug.js';

export const START_BUGS: readonly PlantedBug[] = [
  {
    rule: 'H',
    name: 'a secret of another user, who could change it, is accepted',
    file: 'platform/secret-file.js',
    right: 'if (uid !== ROOT && uid !== user) {',
    wrong: 'if (uid < 0) {',
    test: 'unit/platform/secret-file.test.js',
  },
  {
    rule: 'H',
    name: 'a secret of root, as orchestrators mount it, is refused',
    file: 'platform/secret-file.js',
    right: 'if (uid !== ROOT && uid !== user) {',
    wrong: 'if (uid !== user) {',
    test: 'unit/platform/secret-file.test.js',
  },
  {
    rule: 'D1',
    name: 'a table in the place of another is not noticed',
    file: 'platform/leveldb-inspection.js',
    right: 'if (found === undefined || Buffer.compare(found, firstKey) === 0)',
    wrong: 'if (found === undefined || firstKey.length > 0)',
    test: 'unit/platform/leveldb-damage.test.js',
  },
  {
    rule: 'H',
    name: 'folders for data can be read by everybody',
    file: 'platform/make-folder.js',
    right: 'mkdirSync(path, { mode: OWNER_ONLY });',
    wrong: 'mkdirSync(path);',
    test: 'unit/platform/make-folder.test.js',
  },
  {
    rule: 'H',
    name: 'a folder that cannot be made is tried for ever',
    file: 'platform/make-folder.js',
    right: 'if (!isFolder(path))\n            throw error;',
    wrong: 'if (!isFolder(path))\n            make(path);',
    test: 'unit/platform/make-folder.test.js',
  },
  {
    rule: 'commands',
    name: 'a supervisor ends with the reader of its errors',
    file: 'bin/terminal.js',
    right: "process.stderr.on('error', () => undefined);",
    wrong: ';',
    test: 'integration/supervisor.test.js',
  },
];
