/** Bugs in bounds of staleness (docs/consistency.md, Bounded staleness). */
import type { PlantedBug } from './planted-bug.js';

const PROOFS = 'unit/staleness/proofs.test.js';
const FEED = 'unit/staleness/feed.test.js';
const ACCEPTED = 'unit/staleness/accepted-dots.test.js';
const CORE = 'unit/coordination/bounded-read-core.test.js';
const CLUSTER = 'unit/coordination/bounded-reads.test.js';

export const STALENESS_BUGS: readonly PlantedBug[] = [
  {
    rule: 'B1',
    name: 'a proof counts since the answer, not since the question',
    file: 'staleness/feed.js',
    right: 'this.#proofs.told(peer, testimony, question);',
    wrong: 'this.#proofs.told(peer, testimony, this.#proofs.questionAt(this.now()));',
    test: FEED,
  },
  {
    rule: 'B1',
    name: 'a majority is asked, and all is claimed',
    file: 'staleness/proofs.js',
    right: "scope === 'all' ? others.length : majority(owners.length) - own",
    wrong: 'majority(owners.length) - own',
    test: PROOFS,
  },
  {
    rule: 'B1',
    name: 'what was told counts though it is not held yet',
    file: 'staleness/proofs.js',
    right: 'if (told !== undefined && !clock.includes(told))',
    wrong: 'if (false)',
    checkers: ['staleness'],
  },
  {
    rule: 'B1',
    name: 'a page that is not the last proves what it tells',
    file: 'staleness/proofs.js',
    right: 'if (!isLast)',
    wrong: 'if (false)',
    test: PROOFS,
  },
  {
    rule: 'B2',
    name: 'a testimony is a clock without what is accepted',
    file: 'staleness/holdings.js',
    right: 'accepted: () => acceptedDots(proposals),',
    wrong: 'accepted: () => new Map(),',
    test: ACCEPTED,
  },
  {
    rule: 'B2',
    name: 'what was accepted here before the question is forgotten',
    file: 'staleness/proofs.js',
    right: 'return { askedAt: now, accepted: this.#own.accepted() };',
    wrong: 'return { askedAt: now, accepted: new Map() };',
    test: PROOFS,
  },
  {
    rule: 'B2',
    name: 'of an accepted state only what was proposed last is told',
    file: 'staleness/accepted-dots.js',
    right: 'state?.versions.map((version) => version.dot) ?? []',
    wrong: '[]',
    test: ACCEPTED,
  },
  {
    rule: 'B3',
    name: 'after a kill a clock vouches before it was completed from the records',
    file: 'replica/whole-clocks.js',
    right: 'return this.#whole.get(partition) === clocks.generation(partition);',
    wrong: 'return true;',
    test: CLUSTER,
  },
  {
    rule: 'B3',
    name: 'a clock under rebuild vouches',
    file: 'staleness/testimony.js',
    right: 'accepted === undefined || !held.vouchesFor(one)',
    wrong: 'accepted === undefined',
    test: PROOFS,
  },
  {
    rule: 'B4',
    name: 'the second life of an owner is taken for the first',
    file: 'staleness/proofs.js',
    right: 'known === undefined || known.life !== testimony.life',
    wrong: 'known === undefined',
    test: PROOFS,
  },
  {
    rule: 'B5',
    name: 'an answer of a majority claims all',
    file: 'coordination/read/bounded-read-core.js',
    right: "answered === asked ? 'all' : 'quorum'",
    wrong: "'all'",
    test: CORE,
  },
  {
    rule: 'B5',
    name: 'a proof that is too old is answered with',
    file: 'coordination/read/bounded-read-core.js',
    right: 'if (age <= maxMilliseconds)',
    wrong: 'if (true)',
    test: CORE,
  },
  {
    rule: 'B5',
    name: 'the near replica answers a session that has seen more',
    file: 'coordination/read/bounded-reads.js',
    right: 'const isCovered = ',
    wrong: 'const isCovered = true || ',
    test: CLUSTER,
  },
  {
    rule: 'B6',
    name: 'proofs outlive an emptied clock',
    file: 'staleness/holdings.js',
    right: 'clocks.emptyings',
    wrong: '0',
    test: ACCEPTED,
  },
  {
    rule: 'B6',
    name: 'a machine that stood still is not noticed',
    file: 'staleness/moment.js',
    right: 'Math.abs(now.skew - then.skew) > toleranceMilliseconds',
    wrong: 'false',
    test: CORE,
  },
  {
    rule: 'B6',
    name: 'an age is what the monotonic clock shows, however slow it is',
    file: 'staleness/moment.js',
    right: 'Math.max(0, now - at) * SLOWEST',
    wrong: 'Math.max(0, now - at)',
    test: PROOFS,
  },
];
