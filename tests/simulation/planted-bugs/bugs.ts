/** Bugs to be planted: one broken rule each, as an exact replacement in the built code. */
import { BLIND_WRITE_BUGS } from './blind-write-bugs.js';
import { BUGS_OF_ANSWERS } from './bugs-of-answers.js';
import { CLIENT_BUGS } from './client-bugs.js';
import { COMMAND_BUGS } from './command-bugs.js';
import { CONSENSUS_BUGS } from './consensus-bugs.js';
import { DAMAGE_BUGS } from './damage-bugs.js';
import { EXCHANGE_BUGS } from './exchange-bugs.js';
import { DISK_BUGS } from './disk-bugs.js';
import { ENGINE_BUGS } from './engine-bugs.js';
import { EXPLAINED_BUGS } from './explained-bugs.js';
import { GROUP_BUGS } from './group-bugs.js';
import { IDENTITY_BUGS } from './identity-bugs.js';
import { LIST_BUGS } from './list-bugs.js';
import { NAMESPACE_BUGS } from './namespace-bugs.js';
import { OPERATION_BUGS } from './operation-bugs.js';
import type { PlantedBug } from './planted-bug.js';
import { RPC_BUGS } from './rpc-bugs.js';
import { STALENESS_BUGS } from './staleness-bugs.js';
import { START_BUGS } from './start-bugs.js';
import { CONNECTION_BUGS } from './connection-bugs.js';
import { STRANGER_BUGS } from './stranger-bugs.js';
import { SESSION_BUGS } from './session-bugs.js';
import { STRONG_BUGS } from './strong-bugs.js';
import { STRONG_ROUTE_BUGS } from './strong-route-bugs.js';
import { WRITER_BUGS } from './writer-bugs.js';

export const BUGS: readonly PlantedBug[] = [
  ...BLIND_WRITE_BUGS,
  ...SESSION_BUGS,
  ...BUGS_OF_ANSWERS,
  ...CLIENT_BUGS,
  ...COMMAND_BUGS,
  ...CONSENSUS_BUGS,
  ...DAMAGE_BUGS,
  ...EXCHANGE_BUGS,
  ...DISK_BUGS,
  ...ENGINE_BUGS,
  ...EXPLAINED_BUGS,
  ...GROUP_BUGS,
  ...IDENTITY_BUGS,
  ...LIST_BUGS,
  ...NAMESPACE_BUGS,
  ...OPERATION_BUGS,
  ...RPC_BUGS,
  ...STALENESS_BUGS,
  ...START_BUGS,
  ...CONNECTION_BUGS,
  ...STRANGER_BUGS,
  ...STRONG_BUGS,
  ...STRONG_ROUTE_BUGS,
  ...WRITER_BUGS,
  {
    rule: 'V1',
    name: 'the writer of a node is the same after a restart',
    file: 'versioning/writer.js',
    right: "Buffer.from(random.bytes(6)).toString('hex')",
    wrong: "'000000000000'",
    checkers: ['operations', 'trouble', 'lost writes'],
  },
  {
    rule: 'V1',
    name: 'start numbers begin anew at every restart, and so do writers',
    file: 'replica/minter.js',
    right: 'return freshWriter(node, this.#start, random);',
    wrong: "return [node, 1, '000000000000'].join('.');",
    checkers: ['trouble', 'operations', 'lost writes'],
  },
  {
    rule: 'W3',
    name: 'what a primary did not acknowledge is held by nobody',
    file: 'coordination/read/replicas.js',
    right: 'const held = async () => hints.hold(target, at, record, durability).committed;',
    wrong: 'const held = async () => undefined;',
    test: 'unit/hints/stand-ins.test.js',
  },
  {
    rule: 'W3',
    name: 'hints leave before they are delivered',
    file: 'hints/delivery.js',
    right: 'const left = batch.filter((_, place) => !refused.has(place));',
    wrong: 'const left = batch;',
    test: 'unit/hints/delivery.test.js',
  },
  {
    rule: 'V1',
    name: 'a stand-in keeps its writer after its hints have left',
    file: 'hints/hint-store.js',
    right: 'this.#options.minter.takeFreshWriter(at.partition);',
    wrong: ';',
    test: 'unit/hints/hints.test.js',
  },
  {
    rule: 'R1',
    name: 'a replica that answers during the repair is counted, though it is not in the merge',
    file: 'coordination/read/read-core.js',
    right: 'const answered = this.#answered;',
    wrong: 'const answered = this.#round.answered;',
    test: 'unit/coordination/read-core.test.js',
  },
  {
    rule: 'W1',
    name: 'acknowledged before it is synced',
    file: 'persistence/store.js',
    right: "committed: durability === 'memory' ? Promise.resolve() : group.done",
    wrong: 'committed: Promise.resolve()',
    checkers: ['receipts', 'lost writes'],
  },
  {
    rule: 'V3',
    name: 'merges keep what the other side has superseded',
    file: 'versioning/siblings.js',
    right: 'else if (!covers(b.context, version.dot))',
    wrong: 'else',
    checkers: ['false siblings'],
  },
  {
    rule: 'V3',
    name: 'writes replace what their writers have not seen',
    file: 'versioning/siblings.js',
    right: '.filter((other) => !covers(seen, other.dot))',
    wrong: '.filter(() => false)',
    checkers: ['lost writes'],
  },
  {
    rule: 'V6',
    name: 'a writer is told to have seen all that its node holds',
    file: 'versioning/context.js',
    right: 'return { vector: seen.vector, beyond: joinDots(seen.beyond, [dot], seen.vector) };',
    wrong: 'return { vector: withDot(seen.vector, dot), beyond: [] };',
    checkers: ['order', 'lost writes'],
  },
  {
    rule: 'W4',
    name: 'what is to be executed once is executed as often as it arrives',
    file: 'rpc/messenger.js',
    right: 'if (handler.once && !this.#executed.note(from, id))',
    wrong: 'if (false)',
    test: 'unit/rpc/messenger.test.js',
  },
  {
    rule: 'W1',
    name: 'a transaction that changes nothing waits for the next that does',
    file: 'persistence/store.js',
    right: 'if (this.#gathering.awaited)',
    wrong: 'if (this.#gathering.entries.size > 0 || this.#gathering.sync)',
    test: 'unit/persistence/store.test.js',
  },
  {
    rule: 'V1',
    name: 'damage leaves the writer as it was',
    file: 'replica/health.js',
    right: 'minter.takeFreshWriter(partition);',
    wrong: ';',
    test: 'unit/anti-entropy/damage.test.js',
  },
  {
    rule: 'V1',
    name: 'a mint that is missing is not noticed',
    file: 'replica/replica.js',
    right: 'this.#assertMintsAreThere(at, own?.siblings);',
    wrong: ';',
    test: 'unit/replica/replica.test.js',
  },
  {
    rule: 'V3',
    name: 'copies carry the new version alone',
    file: 'replica/replica.js',
    right: 'return minted;',
    wrong:
      'const alone = siblings.versions.filter((version) => version.dot === dot);' +
      'return { ...minted, bytes: encodeRecord(at, { ...siblings, versions: alone }) };',
    checkers: ['lost writes'],
  },
  {
    rule: 'C2',
    name: 'contexts enter the partition clock',
    file: 'replica/partition-clocks.js',
    right: 'if (covers(context, dot))',
    wrong:
      'for (const [writer, last] of context.vector)' +
      ' for (let n = 1; n <= last; n += 1) this.#see(partition, { writer, n }); if (true)',
    checkers: ['trouble'],
  },
  {
    rule: 'C3',
    name: 'the filter lets everything in',
    file: 'versioning/filter.js',
    right: 'if (!clock.has(version.dot))',
    wrong: 'if (true)',
    test: 'unit/replica/replica.test.js',
  },
  {
    rule: 'C3',
    name: 'the filter judges by a clock that was written while others were asked',
    file: 'anti-entropy/dot-status-service.js',
    right: 'return droppedOrDamaged(own, others);',
    wrong:
      'return droppedOrDamaged(dots.map((dot) => clocks.persisted(partition).has(dot)), others);',
    test: 'unit/anti-entropy/verdicts.test.js',
  },
  {
    rule: 'C3',
    name: 'the filter asks nobody',
    file: 'replica/group-apply.js',
    right: 'const verdict = await askOwners(at, unaccounted);',
    wrong: "const verdict = 'dropped';",
    test: 'unit/replica/replica.test.js',
  },
  {
    rule: 'C4',
    name: 'clocks reach the disk before the records that they speak of',
    file: 'persistence/store.js',
    right: 'await this.#options.storage.write(batch, { sync });',
    wrong:
      "const isClock = ({ key }) => key.startsWith('c');" +
      'await this.#options.storage.write(batch.filter(isClock), { sync: true });' +
      'await this.#options.storage.write(batch.filter((x) => !isClock(x)), { sync });',
    test: 'unit/persistence/store.test.js',
  },
  {
    rule: 'C5',
    name: 'the own clock takes in a peer before its records are there',
    file: 'anti-entropy/exchange.js',
    right: 'snapshot ??= page.snapshot;',
    wrong:
      'snapshot ??= page.snapshot;' +
      'if (page.snapshot !== null) clocks.union(partition, PartitionClock.from(page.snapshot));',
    test: 'unit/anti-entropy/damage.test.js',
  },
  {
    rule: 'C5',
    name: 'an exchange from before the damage counts',
    file: 'anti-entropy/exchange.js',
    right: 'clocks.generation(partition) !== generation',
    wrong: 'false',
    test: 'unit/anti-entropy/damage.test.js',
  },
  {
    rule: 'C5',
    name: 'exchanges take nothing',
    file: 'anti-entropy/exchange.js',
    right: 'if (suspected.every(([partition, theirs]) => this.#has(partition, theirs)))',
    wrong: 'if (true)',
    checkers: ['trouble'],
  },
  {
    rule: 'A1',
    name: 'digests do not follow the records',
    file: 'persistence/record-table.js',
    right: 'this.#options.digests.move(at, before, after);',
    wrong: ';',
    test: 'unit/anti-entropy/damage.test.js',
  },
  {
    rule: 'A2',
    name: 'comparisons of trees repair nothing',
    file: 'anti-entropy/anti-entropy.js',
    right: 'const expired = await this.#treeComparison.repair(peer, strange, steps);',
    wrong: 'const expired = 0;',
    test: 'unit/anti-entropy/expiry.test.js',
  },
  {
    rule: 'E1',
    name: 'a stub loses to the value that it was',
    file: 'versioning/siblings.js',
    right: "versions.push(other.state === 'stub' ? other : version);",
    wrong: "versions.push(version.state === 'stub' ? other : version);",
    test: 'unit/versioning/siblings.test.js',
  },
  {
    rule: 'E2',
    name: 'tombstones go before every owner has seen them',
    file: 'anti-entropy/collection.js',
    right: 'if (reason === undefined)',
    wrong: "if (reason !== 'holds a value')",
    test: 'unit/anti-entropy/retention.test.js',
  },
  {
    rule: 'E2',
    name: 'clocks that are not on the disk are believed',
    file: 'replica/partition-clocks.js',
    right: 'return this.#persisted.get(partition) ?? NONE;',
    wrong: 'return this.of(partition);',
    test: 'unit/anti-entropy/damage.test.js',
  },
  {
    rule: 'E3',
    name: 'what a wrong clock has dated waits until then',
    file: 'persistence/expiry-clock.js',
    right: ' || moment > futureFrom(now, clock)',
    wrong: '',
    test: 'unit/persistence/retained-items.test.js',
  },
  {
    rule: 'E3',
    name: 'a tombstone from the future waits until then',
    file: 'anti-entropy/collection.js',
    right: "await this.#page('undated', future, Number.POSITIVE_INFINITY)",
    wrong: '[]',
    test: 'unit/anti-entropy/retention.test.js',
  },
  {
    rule: 'E3',
    name: 'a node whose clock is wrong dates by it',
    file: 'membership/clock-sanity.js',
    right: 'return sane ? wall : wall - Math.round(skewMilliseconds);',
    wrong: 'return wall;',
    test: 'unit/anti-entropy/retention.test.js',
  },
  {
    rule: 'E3',
    name: 'what is dead is collected by any clock',
    file: 'membership/clock-sanity.js',
    right: 'return this.verdict.sane ? this.#options.clock.wallMilliseconds() : undefined;',
    wrong: 'return this.#options.clock.wallMilliseconds();',
    test: 'unit/anti-entropy/retention.test.js',
  },
  {
    rule: 'R5',
    name: 'the ack of a write-back counts although its value was dropped',
    file: 'coordination/read/repair-core.js',
    right: 'else if (this.#hasDropped(node, stored))',
    wrong: 'else if (false)',
    checkers: ['stale reads'],
  },
  {
    rule: 'W2',
    name: 'where blind writes are siblings a delete without a context deletes nothing',
    file: 'coordination/request/blind-writes.js',
    right: " || change.state === 'tombstone'",
    wrong: '',
    test: 'unit/coordination/blind-writes.test.js',
  },
  {
    rule: 'E2',
    name: 'a rebuilt partition is whole before its clock is on the disk',
    file: 'replica/health.js',
    right: 'clocks.keep(partition, transaction);',
    wrong: ';',
    test: 'unit/anti-entropy/damage.test.js',
  },
  {
    rule: 'E2',
    name: 'a stub in memory alone lets others collect theirs',
    file: 'anti-entropy/persisted-service.js',
    right:
      'return store.whenDurable(' +
      'recordKey(namespace, key, ownership.partitionCount).storageKey);',
    wrong: 'return undefined;',
    test: 'unit/anti-entropy/retention.test.js',
  },
  {
    rule: 'H1',
    name: 'hints leave by age, whoever holds what they hold',
    file: 'hints/hint-expiry.js',
    right: 'const safe = await holdings.safe(page);',
    wrong: 'const safe = page;',
    test: 'unit/hints/hint-expiry.test.js',
  },
];
