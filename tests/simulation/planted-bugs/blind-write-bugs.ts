/** Bugs in writes without a context (docs/architecture.md, W6 and W7; their rules B1 to B10). */
import type { PlantedBug } from './planted-bug.js';

const CORE = 'unit/coordination/write-core.test.js';
const REPLICA = 'unit/replica/blind-writes.test.js';
const CLAIM = 'unit/replica/claim.test.js';
const CLUSTER = 'unit/coordination/blind-writes.test.js';

export const BLIND_WRITE_BUGS: readonly PlantedBug[] = [
  {
    rule: 'W6',
    name: 'a stamp is taken from the clock alone',
    file: 'versioning/hybrid-clock.js',
    right: 'return Math.max(now, shown + 1);',
    wrong: 'return now;',
    test: 'unit/replica/intent.test.js',
  },
  {
    rule: 'W6',
    name: 'a context is handed out without its stamp',
    file: 'versioning/causal-context.js',
    right: 'const flat = [FORMAT, epoch, stamp, vector.size];',
    wrong: 'const flat = [FORMAT, epoch, 0, vector.size];',
    test: 'unit/versioning/causal-context.test.js',
  },
  {
    rule: 'W7',
    name: 'a higher one is taken before every primary has acknowledged',
    file: 'coordination/write/blind-write-core.js',
    right: 'const takesAll = isComplete && isFree;',
    wrong: 'const takesAll = isFree;',
    test: CORE,
  },
  {
    rule: 'W7',
    name: 'a higher one is taken though it is open',
    file: 'coordination/write/blind-write-core.js',
    right: 'report.live && !report.open',
    wrong: 'report.live',
    test: CORE,
  },
  {
    rule: 'W7',
    name: 'a higher one is taken though this one is gone somewhere',
    file: 'coordination/write/blind-write-core.js',
    right: 'report.live && !report.open',
    wrong: '!report.open',
    test: CORE,
  },
  {
    rule: 'W7',
    name: 'a claim without the contexts of the reports',
    file: 'replica/claim.js',
    right: 'joinContexts(all, context), own.context)',
    wrong: 'all, own.context)',
    test: CLAIM,
  },
  {
    rule: 'W7',
    name: 'a report is taken in part, with its whole context',
    file: 'coordination/write/blind-write-core.js',
    right: 'const whole = reports.filter((report) => isWhole(report, beside, isTakeable));',
    wrong: 'const whole = reports;',
    test: CORE,
  },
  {
    rule: 'W7',
    name: 'a claim on a record that lost the write',
    file: 'replica/replica.js',
    right: 'const own = this.read(at)?.siblings;\n        this.#assertMintsAreThere(at, own);',
    wrong: 'const own = this.read(at)?.siblings;',
    test: REPLICA,
  },
  {
    rule: 'W7',
    name: 'a claim on a record under rebuild',
    file: 'replica/replica.js',
    right: 'const own = this.read(at)?.siblings;\n        this.#assertMintsAreThere(at, own);',
    wrong: 'const own = this.#options.table.read(at)?.siblings;',
    test: REPLICA,
  },
  {
    rule: 'W7',
    name: 'a claim by another writer',
    file: 'replica/replica.js',
    right: '!minter.mintsAs(at.partition, version.dot.writer)',
    wrong: 'false',
    test: REPLICA,
  },
  {
    rule: 'W7',
    name: 'a claim before the acknowledgements of the level',
    file: 'coordination/write/write-core.js',
    right: `if (state === 'pending')
            return NOTHING;
        if (state === 'lost')`,
    wrong: `if (state === 'pending')
            return isCopying && this.#takesMore(this.#descent.current) ? this.#decide() : NOTHING;
        if (state === 'lost')`,
    test: CORE,
  },
  {
    rule: 'W7',
    name: 'what was lost while a blind write waits counts',
    file: 'coordination/write/write-core.js',
    right: "if (this.#stateOf('write') !== 'reached')",
    wrong: 'if (false)',
    test: CORE,
  },
  {
    rule: 'W7',
    name: 'a claim after the answer',
    file: 'coordination/write/write-core.js',
    right: "return [{ do: 'claim', taken,",
    wrong: "return [...this.#answerReached(), { do: 'claim', taken,",
    test: CORE,
  },
  {
    rule: 'W7',
    name: 'a claim is not awaited',
    file: 'coordination/write/write-core.js',
    right: `this.#copying.settle(self, start, 'claim');
        return [...effects, ...this.#advance()];`,
    wrong: `this.#copying.settle(self, start, 'claim');
        return [...effects, ...this.#answerReached()];`,
    test: CORE,
  },
  {
    rule: 'W7',
    name: 'a late acknowledgement is acted upon',
    file: 'coordination/write/write-core.js',
    right: 'if (!this.#copying.settle(node, stored?.start, sent))',
    wrong: `if (stored?.report !== undefined && this.#stage === 'over')
            return [{ do: 'look' }];
        if (!this.#copying.settle(node, stored?.start, sent))`,
    test: CORE,
  },
  {
    rule: 'W7',
    name: 'a claim drops the write that it is of',
    file: 'replica/claim.js',
    right: 'own.versions.filter((version) => !isDropped(version))',
    wrong: 'own.versions.filter((version) => !isDropped(version) && !sameDot(version.dot, of))',
    test: CLAIM,
  },
  {
    rule: 'W7',
    name: 'a claim under the dot of its write',
    file: 'replica/replica.js',
    right: 'const dot = minter.next(at.partition, context);',
    wrong: 'const dot = claim.of;',
    test: REPLICA,
  },
  {
    rule: 'W7',
    name: 'a report is computed when it is sent',
    file: 'replica/group-apply.js',
    right: 'const taken = { place, at: copy.at, fate, report, error: undefined };',
    wrong: [
      'const late = () => this.#options.table.read(copy.at)?.siblings;',
      'const sent = () => this.#reportOf(copy, incoming, late());',
      'const report2 = { get report() { return sent(); } };',
      'const taken = Object.assign(report2, { place, at: copy.at, fate, error: undefined });',
    ].join('\n'),
    test: REPLICA,
  },
  {
    rule: 'W7',
    name: 'the own record is not looked at',
    file: 'coordination/write/blind-write-core.js',
    right: 'of [own, ...reports].flatMap((report) => report.beside)',
    wrong: 'of reports.flatMap((report) => report.beside)',
    test: CORE,
  },
  {
    rule: 'W7',
    name: 'a blind write stays among the open ones',
    file: 'replica/open-blind-writes.js',
    right: '.filter((one) => one !== version)',
    wrong: '',
    test: CLUSTER,
  },
  {
    rule: 'W7',
    name: 'an audit entry without the values of the replicas',
    file: 'coordination/replica-service.js',
    right: 'entry && filledFrom(entry, held(replica, at))',
    wrong: 'entry',
    test: CLUSTER,
  },
  {
    rule: 'W7',
    name: 'a claim leaves nothing in the audit',
    file: 'coordination/write/audit-of-write.js',
    right: 'replaced.length < 2 && claimed === undefined',
    wrong: 'replaced.length < 2',
    test: CLUSTER,
  },
];
