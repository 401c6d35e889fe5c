/** Bugs in how a replica takes copies that came together, and in lists that are cut. */
import type { PlantedBug } from './planted-bug.js';

export const GROUP_BUGS: readonly PlantedBug[] = [
  {
    rule: 'Q6',
    name: 'the rest of what is kept of a key is not asked for',
    file: 'coordination/history.js',
    right: 'more && last !== undefined',
    wrong: 'false',
    test: 'unit/coordination/long-lists.test.js',
  },
  {
    rule: 'Q6',
    name: 'a list of versions is sent whole, however long it is',
    file: 'encoding/cut-list.js',
    right: 'const page = firstWithin(list.slice(from), bytesMax);',
    wrong: 'const page = list.slice(from);',
    test: 'unit/coordination/long-lists.test.js',
  },
  {
    rule: 'M2',
    name: 'the rest of the history of the settings is not asked for',
    file: 'membership/settings-pull.js',
    right: 'while (told.more &&',
    wrong: 'while (false &&',
    test: 'unit/coordination/long-lists.test.js',
  },
  {
    rule: 'M2',
    name: 'a change of the settings is sent with its whole history',
    file: 'membership/settings-state.js',
    right: 'lastWithin(this.history, bytesMax)',
    wrong: 'this.history',
    test: 'unit/coordination/long-lists.test.js',
  },
  {
    rule: 'W5',
    name: 'a group is acknowledged before its commit',
    file: 'replica/group-answers.js',
    right: 'durable.then(() => this.taken(copies)',
    wrong: 'Promise.resolve().then(() => this.taken(copies)',
    test: 'unit/replica/group-apply.test.js',
  },
  {
    rule: 'W5',
    name: 'a copy that is refused fails its neighbours',
    file: 'replica/group-apply.js',
    right: 'answers.refuse([member.place], error);\n            }\n        }',
    wrong:
      'answers.refuse(members.map(({ place }) => place), error);' +
      'return;\n            }\n        }',
    test: 'unit/replica/group-apply.test.js',
  },
  {
    rule: 'W5',
    name: 'what became of a copy is told of another',
    file: 'replica/group-apply.js',
    right: 'const taken = { place, at: copy.at,',
    wrong: 'const taken = { place: decisions.length - 1 - place, at: copy.at,',
    test: 'unit/replica/group-apply.test.js',
  },
  {
    rule: 'W5',
    name: 'a refused copy moves the answers of those behind it',
    file: 'coordination/replica-service.js',
    right: 'settle(copy.place, { start,',
    wrong: 'settle(place, { start,',
    test: 'unit/coordination/copies-of-a-message.test.js',
  },
  {
    rule: 'W5',
    name: 'a group is applied in part',
    file: 'replica/group-apply.js',
    right: 'for (const [i, decision] of decisions.entries()) {\n            const { member, own }',
    wrong:
      'for (const [i, decision] of decisions.slice(0, 1).entries()) {' + 'const { member, own }',
    test: 'unit/replica/group-apply.test.js',
  },
  {
    rule: 'W5',
    name: 'a copy is decided on the own record, whatever came before it in its group',
    file: 'replica/incoming.js',
    right: 'const before = latest?.get(storageKey);',
    wrong: 'const before = undefined;',
    test: 'unit/replica/incoming.test.js',
  },
  {
    rule: 'W5',
    name: 'copies of one key see a clock that has not seen those before them',
    file: 'replica/incoming.js',
    right: 'dots.some((noted) => sameDot(noted, dot))',
    wrong: 'false',
    test: 'unit/replica/incoming.test.js',
  },
];
