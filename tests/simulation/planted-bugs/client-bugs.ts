/** Bugs in the client (docs/client.md): no seed meets it, so a test of each part notices. */
import type { PlantedBug } from './planted-bug.js';

const CONNECTION = 'unit/client/connection.test.js';
const CONTEXTS = 'unit/client/session-contexts.test.js';
const SESSION = 'unit/client/session.test.js';

export const CLIENT_BUGS: readonly PlantedBug[] = [
  {
    rule: 'client',
    name: 'a refusal of a repetition speaks for the attempts before it',
    file: 'client/request-core.js',
    right: 'const unknown = this.#unknown || this.#inFlight.size > 0;',
    wrong: 'const unknown = false;',
    test: CONNECTION,
  },
  {
    rule: 'client',
    name: 'a write begins after its deadline, where a node answers late that it is there',
    file: 'client/request-core.js',
    right: 'answers && isInTime ?',
    wrong: 'answers ?',
    test: 'unit/client/request-core.test.js',
  },
  {
    rule: 'client',
    name: 'a session takes the context of a read that left before its own write',
    file: 'client/held-contexts.js',
    right: 'held === undefined || held.since <= left',
    wrong: 'true',
    test: CONTEXTS,
  },
  {
    rule: 'client',
    name: 'tokens of a session are not merged before they are too large to be sent',
    file: 'client/token-merger.js',
    right: 'return all.length > 1 && charactersOf(all) > CHARACTERS_MAX;',
    wrong: 'return false;',
    test: SESSION,
  },
  {
    rule: 'client',
    name: 'loopback addresses of another machine are learnt',
    file: 'client/learn-nodes.js',
    right: 'return isHere ? all :',
    wrong: 'return all.length > 0 ? all :',
    test: CONNECTION,
  },
  {
    rule: 'client',
    name: 'a refusal in a batch that is sent again speaks of the attempt that was lost, too',
    file: 'client/batch.js',
    right: 'answer.isAfterUnknown === true ?',
    wrong: 'false ?',
    test: CONNECTION,
  },
];
