/** Bugs to be planted: one broken rule each, as an exact replacement in the built code. */

export interface PlantedBug {
  readonly name: string;
  /** The chapter of docs/architecture.md that names the rule. */
  readonly rule: string;
  /** Below `lib/`, as it was built. */
  readonly file: string;
  /** Must be there once. */
  readonly right: string;
  readonly wrong: string;
  /** Below `tests/`, as it was built: notices what no seed may meet. */
  readonly test?: string;
}

export const BUGS: readonly PlantedBug[] = [
  {
    rule: 'V1',
    name: 'the writer of a node is the same after a restart',
    file: 'versioning/writer.js',
    right: "Buffer.from(random.bytes(6)).toString('hex')",
    wrong: "'000000000000'",
  },
  {
    rule: 'V1',
    name: 'start numbers begin anew at every restart, and so do writers',
    file: 'persistence/minter.js',
    right: 'return freshWriter(node, this.#start, random);',
    wrong: "return [node, 1, '000000000000'].join('.');",
  },
  {
    rule: 'W3',
    name: 'what a primary did not acknowledge is held by nobody',
    file: 'coordination/hold.js',
    right: 'const held = async () => hints.hold(target, at, record, durability).committed;',
    wrong: 'const held = async () => undefined;',
    test: 'unit/handoff/stand-ins.test.js',
  },
  {
    rule: 'W3',
    name: 'hints leave before they are delivered',
    file: 'handoff/delivery.js',
    right: 'const left = batch.filter((_, place) => !refused.has(place));',
    wrong: 'const left = batch;',
    test: 'unit/handoff/delivery.test.js',
  },
  {
    rule: 'V1',
    name: 'a stand-in keeps its writer after its hints have left',
    file: 'persistence/hint-store.js',
    right: 'this.#options.minter.takeFreshWriter(at.partition);',
    wrong: ';',
    test: 'unit/persistence/hints.test.js',
  },
  {
    rule: 'R1',
    name: 'reads do not repair before they answer',
    file: 'coordination/get.js',
    right: 'if (!(await written.reached))',
    wrong: 'if (false)',
    test: 'unit/coordination/put-and-get.test.js',
  },
  {
    rule: 'W2',
    name: 'blind writes at quorum do not ask for the versions first',
    file: 'coordination/put.js',
    right: 'if (seen !== undefined && !keepsEnd)',
    wrong: 'if (seen !== seen + 1)',
  },
  {
    rule: 'W1',
    name: 'acknowledged before it is synced',
    file: 'persistence/store.js',
    right: "committed: durability === 'memory' ? Promise.resolve() : group.done",
    wrong: 'committed: Promise.resolve()',
  },
  {
    rule: 'C4',
    name: 'a sync covers only the log file that is written now',
    file: 'platform/unsynced-writes.js',
    right: '[...this.#operations.values(), ...operations]',
    wrong: 'operations',
    test: 'simulation/ports.test.js',
  },
  {
    rule: 'V3',
    name: 'merges keep what the other side has superseded',
    file: 'versioning/siblings.js',
    right: 'else if (!covers(b.context, version.dot))',
    wrong: 'else',
  },
  {
    rule: 'V3',
    name: 'writes replace what their writers have not seen',
    file: 'versioning/siblings.js',
    right: '.filter((other) => !covers(seen, other.dot))',
    wrong: '.filter(() => false)',
  },
  {
    rule: 'V6',
    name: 'a writer is told to have seen all that its node holds',
    file: 'versioning/context.js',
    right: 'return { vector: seen.vector, beyond: joinDots(seen.beyond, [dot], seen.vector) };',
    wrong: 'return { vector: withDot(seen.vector, dot), beyond: [] };',
  },
  {
    rule: 'W4',
    name: 'puts that were passed on are executed as often as they arrive',
    file: 'replication/ask.js',
    right: 'if (handler.once && !this.#executed.note(from, id))',
    wrong: 'if (false)',
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
    file: 'persistence/health.js',
    right: 'minter.takeFreshWriter(partition);',
    wrong: ';',
    test: 'unit/anti-entropy/damage.test.js',
  },
  {
    rule: 'V1',
    name: 'a mint that is missing is not noticed',
    file: 'persistence/replica.js',
    right: 'this.#assertMintsAreThere(at, own?.siblings);',
    wrong: ';',
    test: 'unit/persistence/replica.test.js',
  },
  {
    rule: 'V1',
    name: 'a writer that has forgotten keys mints on those that have no record',
    file: 'persistence/minter.js',
    right: 'this.#retire(forgotten);',
    wrong: ';',
    test: 'unit/persistence/replica.test.js',
  },
  {
    rule: 'V3',
    name: 'copies carry the new version alone',
    file: 'persistence/replica.js',
    right: 'return minted;',
    wrong:
      'const alone = siblings.versions.filter((version) => version.dot === dot);' +
      'return { ...minted, bytes: encodeRecord(at, { ...siblings, versions: alone }) };',
  },
  {
    rule: 'C2',
    name: 'contexts enter the partition clock',
    file: 'persistence/partition-clocks.js',
    right: 'let grown = false;',
    wrong:
      'let grown = true; for (const [writer, last] of context.vector)' +
      ' for (let n = 1; n <= last; n += 1) clock.add({ writer, n });',
  },
  {
    rule: 'C3',
    name: 'the filter lets everything in',
    file: 'versioning/filter.js',
    right: 'if (!clock.has(version.dot))',
    wrong: 'if (true)',
    test: 'unit/persistence/replica.test.js',
  },
  {
    rule: 'C3',
    name: 'the filter asks nobody',
    file: 'persistence/replica.js',
    right: 'const verdict = await this.#askOwners(at, unaccounted);',
    wrong: "const verdict = 'dropped';",
    test: 'unit/persistence/replica.test.js',
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
    name: 'audits repair nothing',
    file: 'anti-entropy/anti-entropy.js',
    right: 'const expired = await this.#audit.repair(peer, strange);',
    wrong: 'const expired = 0;',
    test: 'unit/anti-entropy/expiry.test.js',
  },
  {
    rule: 'R1',
    name: 'a miss that met a tombstone is not repaired',
    file: 'coordination/get.js',
    right: 'if (merged !== undefined && promises && !whole.isHeldBy(repairs ?? []))',
    wrong:
      'const shown = liveVersions(merged, expiryClock.now());' +
      'if (shown.length > 0 && promises && !whole.isHeldBy(repairs ?? []))',
    test: 'unit/coordination/put-and-get.test.js',
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
    right: 'if (obstacle === undefined)',
    wrong: "if (obstacle !== 'not all dead')",
    test: 'unit/anti-entropy/retention.test.js',
  },
  {
    rule: 'E2',
    name: 'clocks that are not on the disk are believed',
    file: 'persistence/partition-clocks.js',
    right: 'return this.#persisted.get(partition) ?? NONE;',
    wrong: 'return this.of(partition);',
    test: 'unit/anti-entropy/damage.test.js',
  },
  {
    rule: 'D1',
    name: 'damage leaves the clock as it was',
    file: 'persistence/health.js',
    right: 'clocks.empty(partition);',
    wrong: ';',
    test: 'unit/anti-entropy/damage.test.js',
  },
  {
    rule: 'D1',
    name: 'a damaged replica answers and acknowledges',
    file: 'persistence/health.js',
    right: 'assertWhole(partition) {',
    wrong: 'assertWhole(partition) { return;',
    test: 'unit/anti-entropy/damage.test.js',
  },
  {
    rule: 'D2',
    name: 'a rebuild ends without the purge',
    file: 'anti-entropy/rebuild.js',
    right: 'await this.#purge(partition, progress);',
    wrong: ';',
    test: 'unit/anti-entropy/damage.test.js',
  },
  {
    rule: 'D2',
    name: 'one other owner is enough for a rebuild',
    file: 'anti-entropy/rebuild.js',
    right: 'if (others.some((peer) => !progress.snapshots.has(peer)))',
    wrong: 'if (progress.snapshots.size === 0)',
    test: 'unit/anti-entropy/damage.test.js',
  },
  {
    rule: 'D3',
    name: 'a clock is given away without counting what stands behind it',
    file: 'anti-entropy/exchange-service.js',
    right: 'await this.#scrub.verify(partition);',
    wrong: ';',
    test: 'unit/anti-entropy/damage.test.js',
  },
  {
    rule: 'D4',
    name: 'a denial beats a held value',
    file: 'anti-entropy/testimony.js',
    right: "if (words.includes('value'))",
    wrong: 'if (false)',
    test: 'unit/anti-entropy/verdicts.test.js',
  },
  {
    rule: 'D2',
    name: 'a rebuild is sent what the clock names, which may lag',
    file: 'anti-entropy/exchange-service.js',
    right: 'clock.length === 0 ? undefined : this.#named',
    wrong: 'this.#named',
    test: 'unit/anti-entropy/damage.test.js',
  },
  {
    rule: 'E2',
    name: 'a stub in memory alone lets others collect theirs',
    file: 'anti-entropy/collection.js',
    right: 'return store.whenDurable(recordKey(namespace, key, ring().partitionCount).storageKey);',
    wrong: 'return undefined;',
    test: 'unit/anti-entropy/retention.test.js',
  },
  {
    rule: 'H1',
    name: 'hints leave by age, whoever holds what they hold',
    file: 'handoff/hint-expiry.js',
    right: 'const safe = await holdings.safe(page);',
    wrong: 'const safe = page;',
    test: 'unit/handoff/hint-expiry.test.js',
  },
];
