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
    right: 'this.#writer = freshWriter(options.node, options.start, options.random);',
    wrong: "this.#writer = [options.node, 1, '000000000000'].join('.');",
  },
  {
    rule: 'W3',
    name: 'no hints are held',
    file: 'coordination/hold.js',
    right: 'const held = async () => hints.hold(target, at, record, durability).committed;',
    wrong: 'const held = async () => undefined;',
  },
  {
    rule: 'W3',
    name: 'hints leave before they are delivered',
    file: 'handoff/hinted-handoff.js',
    right: 'await messenger.request(target, WRITE, copy, deadline);',
    wrong: 'messenger.request(target, WRITE, copy, deadline).catch(() => undefined);',
  },
  {
    rule: 'V1',
    name: 'a stand-in keeps its writer after its hints have left',
    file: 'persistence/hints.js',
    right: 'this.#options.minter.takeFreshWriter(hint.at.partition);',
    wrong: ';',
  },
  {
    rule: 'R1',
    name: 'reads do not repair before they answer',
    file: 'coordination/get.js',
    right: 'if (!(await writeBack(collaborators, back, repairs)))',
    wrong: 'if (false)',
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
  },
];
