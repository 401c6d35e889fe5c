/** Bugs in sessions (docs/consistency.md, Sessions). */
import type { PlantedBug } from './planted-bug.js';

const TOKEN = 'unit/versioning/session-token.test.js';
const READ = 'unit/coordination/read-core.test.js';
const CLUSTER = 'unit/coordination/sessions.test.js';
const CLIENT = 'unit/client/held-tokens.test.js';

export const SESSION_BUGS: readonly PlantedBug[] = [
  {
    rule: 'T1',
    name: 'what a token names is not asked for',
    file: 'coordination/cover.js',
    right: 'const missing = round.missingOf(session.floor.dots);',
    wrong: 'const missing = round.missingOf(new Map());',
    checkers: ['sessions'],
  },
  {
    rule: 'T1',
    name: 'an entry of a token is a highest number',
    file: 'replica/replica.js',
    right: '!clock.has(dot) && !covers(context, dot)',
    wrong:
      '![...clock.toPlain()].some(([w, p, b]) => w === dot.writer && Math.max(p, ...b) >= dot.n)',
    test: CLUSTER,
  },
  {
    rule: 'T2',
    name: 'a token takes the dot of a read that is not synced',
    file: 'coordination/read-core.js',
    right: 'const durable = this.#options.session !== undefined || (',
    wrong: 'const durable = (',
    test: READ,
  },
  {
    rule: 'T0',
    name: 'the last answer wins',
    file: 'client/held-tokens.js',
    right: '[...this.#held.filter((one) => !sent.includes(one)), token]',
    wrong: '[token]',
    test: CLIENT,
  },
  {
    rule: 'T3',
    name: 'no fallback to all owners',
    file: 'coordination/cover.js',
    right: 'return all && markNow() <= floor.mark;',
    wrong: 'return false;',
    test: READ,
  },
  {
    rule: 'T3',
    name: 'all owners meet a token though one has lost the partition since',
    file: 'coordination/cover.js',
    right: 'return all && markNow() <= floor.mark;',
    wrong: 'return all;',
    test: READ,
  },
  {
    rule: 'T3',
    name: 'a stand-in mints for a session',
    file: 'coordination/write-core.js',
    right: 'isSloppy && this.#options.session === undefined',
    wrong: 'isSloppy',
    test: 'unit/coordination/write-core.test.js',
  },
  {
    rule: 'T4',
    name: 'a write is minted on whatever is there',
    file: 'coordination/write-core.js',
    right: 'session === undefined || isEmptyFloor(session)',
    wrong: 'true',
    checkers: ['sessions'],
  },
  {
    rule: 'T4',
    name: 'an own write does not enter the token',
    file: 'coordination/sessions.js',
    right: 'const dots = [version, ...(claim === undefined ? [] : [claim])]',
    wrong: 'const dots = []',
    checkers: ['sessions'],
  },
  {
    rule: 'T5',
    name: 'a causal write stores no past',
    file: 'coordination/sessions.js',
    right: 'return encodePast(withoutStable(',
    wrong: 'return void encodePast(withoutStable(',
    test: CLUSTER,
  },
  {
    rule: 'T5',
    name: 'a causal reader takes the past of the first sibling alone',
    file: 'coordination/sessions.js',
    right: 'joinPasts(versions.map(({ past }) => past))',
    wrong: 'joinPasts(versions.slice(0, 1).map(({ past }) => past))',
    test: CLUSTER,
  },
  {
    rule: 'T5',
    name: 'a past that is joined does not say that a dot was known at one',
    file: 'versioning/session-seal.js',
    right: 'const one = next() === 1;',
    wrong: 'const one = next() === 2;',
    test: TOKEN,
  },
  {
    rule: 'T6',
    name: 'entries are cut where a token is too large',
    file: 'versioning/session-token.js',
    right: "flag: one || flag === 'all' ? 'all' : 'majority'",
    wrong: "flag: 'none'",
    test: TOKEN,
  },
  {
    rule: 'T6',
    name: 'a flag asks a majority though a dot was known at one',
    file: 'versioning/session-token.js',
    right: "flag: one || flag === 'all' ? 'all' : 'majority'",
    wrong: "flag: 'majority'",
    test: TOKEN,
  },
  {
    rule: 'T6',
    name: 'a union forgets that a dot was known at one',
    file: 'versioning/session-token.js',
    right: 'one: a.one || b.one,',
    wrong: 'one: a.one,',
    test: TOKEN,
  },
  {
    rule: 'T6',
    name: 'tokens are trimmed by clocks in memory',
    file: 'coordination/stable-dots.js',
    right: 'clocks.persisted(partition).toPlain()',
    wrong: 'clocks.of(partition).toPlain()',
    test: CLUSTER,
  },
];
