/** Bugs in who may speak for a cluster and for an id, and where nodes are called. */
import type { PlantedBug } from './planted-bug.js';

export const IDENTITY_BUGS: readonly PlantedBug[] = [
  {
    rule: 'M4',
    name: 'a node of another cluster is let in',
    file: 'membership/admission.js',
    right: 'if (this.#isForeign(link)) {',
    wrong: 'if (false) {',
    test: 'simulation/identity.test.js',
  },
  {
    rule: 'M6',
    name: 'a newcomer takes the id of a node that answers',
    file: 'membership/admission.js',
    right: 'if (await this.#answers(peer)) {',
    wrong: 'if (false) {',
    test: 'simulation/identity.test.js',
  },
  {
    rule: 'M6',
    name: 'of two nodes with one id both stay that were cut off from each other',
    file: 'membership/second-lives.js',
    right: 'linked.facts.life <= life',
    wrong: 'true',
    test: 'simulation/identity.test.js',
  },
  {
    rule: 'M6',
    name: 'a life that has ended counts as a second node',
    file: 'membership/second-lives.js',
    right: 'if (aliveAt <= linked.openedAt || linked.aliveAt <= beganBy)',
    wrong: 'if (false)',
    test: 'simulation/identity.test.js',
  },
  {
    rule: 'M5',
    name: 'where a node says that it is, is not kept',
    file: 'membership/addresses.js',
    right: 'known.proven = address;',
    wrong: ';',
    test: 'simulation/identity.test.js',
  },
  {
    rule: 'M1',
    name: 'the id of a cluster is drawn before all founders have answered',
    file: 'membership/founding-answers.js',
    right: "known !== '' || !this.#others.every((id) => this.#answers.has(id))",
    wrong: "known !== ''",
    test: 'unit/membership/founding-answers.test.js',
  },
  {
    rule: 'V5',
    name: 'a context of another cluster with the same secret is taken',
    file: 'versioning/causal-context.js',
    right: '{this.#clusterId()}`',
    wrong: '{String()}`',
    test: 'unit/versioning/causal-context.test.js',
  },
  {
    rule: 'M4',
    name: 'a version is chosen that one side does not speak any more',
    file: 'platform/peer-protocol.js',
    right: 'return max < Math.max(ours.min, theirs.min) ? undefined : max;',
    wrong: 'return max;',
    test: 'unit/platform/peer-handshake.test.js',
  },
];
