/** Where things lie: partitions are ranges that share nothing and leave nothing out, for any Q. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { compareUtf8 } from '../../../lib/encoding/utf8-order.js';
import {
  digestLogKey,
  entryOfText,
  entryText,
  hintAgeKey,
  hintAgesOf,
  hintKey,
  hintsAfter,
  hintsOf,
  indexFrom,
  indexKey,
  isEntryText,
  type KeyRange,
  keyAfter,
  parseDigestLogKey,
  parseHintAgeKey,
  parseHintKey,
  parseIndexKey,
  parsePartitionKey,
  partitionKey,
  placeOf,
  placeOfProposal,
  PREFIX,
  proposalKey,
  proposalsOf,
  recordKey,
  recordKeyAt,
  recordKeyOf,
  recordsOf,
  rangeOf,
  SINGLE_KEYS,
  targetOfHint,
} from '../../../lib/persistence/keyspace.js';
import {
  keptItemKey,
  keptListKey,
  placeOfItem,
  placeOfList,
} from '../../../lib/persistence/kept-keys.js';
import { rangeFrom } from '../../../lib/persistence/each-entry.js';

const anyKey = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((text) => {
  return text.isWellFormed();
});
const anyNamespace = fc.constantFrom('default', 'shop', 'a');
const anyCount = fc.integer({ min: 0, max: 12 }).map((exponent) => 2 ** exponent);
const anyTime = fc.integer({ min: 0, max: 2 ** 45 });
const RUNS = { numRuns: 3_000 };

const lies = ({ from, before }: KeyRange, key: string): boolean =>
  compareUtf8(key, from) >= 0 && compareUtf8(key, before) < 0;

t.test(
  'the partitions of any Q are ranges in order, which share nothing and leave nothing out',
  async (t) => {
    for (let count = 1; count <= 4_096; count *= 2) {
      const all = rangeOf(PREFIX.record);
      let reached = `${all.from}0000`;
      for (let partition = 0; partition < count; partition += 1) {
        const { from, before } = recordsOf(partition, count);
        if (from !== reached || compareUtf8(from, before) >= 0) t.fail(`${partition} of ${count}`);
        reached = before;
      }
      t.equal(reached, all.before, `${count} partitions`);
    }
    t.throws(() => recordsOf(4, 4), /Invariant/);
    t.throws(() => recordsOf(-1, 4), /Invariant/);
  },
);

t.test('a record lies in the range of its partition, and in no other', async () => {
  fc.assert(
    fc.property(anyNamespace, anyKey, anyCount, fc.nat(), (namespace, key, count, other) => {
      const { partition, storageKey } = recordKey(namespace, key, count);
      const isHere = lies(recordsOf(partition, count), storageKey);
      const isThere = lies(recordsOf(other % count, count), storageKey);
      return isHere && isThere === (other % count === partition);
    }),
    RUNS,
  );
});

t.test('another Q moves no record, and halves a partition in two ranges', async () => {
  fc.assert(
    fc.property(
      anyNamespace,
      anyKey,
      fc.integer({ min: 0, max: 11 }),
      (namespace, key, exponent) => {
        const [before, after] = [2 ** exponent, 2 ** (exponent + 1)].map((count) =>
          recordKey(namespace, key, count),
        );
        if (before === undefined || after === undefined) return false;
        const parent = recordsOf(before.partition, 2 ** exponent);
        const children = [0, 1].map((half) =>
          recordsOf(2 * before.partition + half, 2 ** (exponent + 1)),
        );
        return (
          before.storageKey === after.storageKey &&
          placeOf(before) === placeOf(after) &&
          after.partition >> 1 === before.partition &&
          children[0]?.from === parent.from &&
          children[0].before === children[1]?.from &&
          children[1].before === parent.before
        );
      },
    ),
    RUNS,
  );
});

t.test('what is read from a stored key is what it was made of', async () => {
  const anyTarget = fc.constantFrom('n1', 'n10', 'n1-a', '0');
  fc.assert(
    fc.property(
      anyNamespace,
      anyKey,
      anyCount,
      anyTarget,
      anyTime,
      (namespace, key, q, target, time) => {
        const at = recordKey(namespace, key, q);
        const same = (other: unknown): boolean => JSON.stringify(other) === JSON.stringify(at);
        const hint = hintKey(target, at);
        const age = hintAgeKey(target, at, time);
        const aged = parseHintAgeKey(age, q);
        const list = keptListKey(PREFIX.versionList, placeOf(at));
        const item = keptItemKey(PREFIX.version, placeOf(at), time, 'id');
        const next = hintsAfter(target, at.partition, q);
        return (
          same(recordKeyOf(at.storageKey, q)) &&
          same(parseHintKey(hint, q)) &&
          targetOfHint(hint) === target &&
          lies(hintsOf(target), hint) &&
          compareUtf8(hint, next) < 0 &&
          same(aged.at) &&
          aged.heldSince === time &&
          lies(hintAgesOf(target), age) &&
          lies(hintAgesOf(target, time + 1), age) &&
          !lies(hintAgesOf(target, time), age) &&
          placeOfList(PREFIX.versionList, list) === placeOf(at) &&
          same(recordKeyAt(placeOf(at), q)) &&
          (['acceptance', 'mark'] as const).every((kind) => {
            const proposal = proposalKey(kind, at);
            return (
              placeOfProposal(kind, proposal) === placeOf(at) &&
              lies(proposalsOf(kind, at.partition, q), proposal)
            );
          }) &&
          lies(rangeOf(PREFIX.version), item) &&
          placeOfItem(PREFIX.version, item) === placeOf(at) &&
          (['expiring', 'collectable', 'conflict'] as const).every((kind) => {
            const entry = indexKey(kind, time, at);
            const { milliseconds, at: where } = parseIndexKey(entry, q);
            const text = entryText(kind, entry);
            return (
              same(where) &&
              milliseconds === time &&
              lies({ from: indexFrom(kind, time), before: indexFrom(kind, time + 1) }, entry) &&
              isEntryText(text) &&
              entryOfText(kind, text) === entry
            );
          })
        );
      },
    ),
    RUNS,
  );
});

t.test(
  'hints go on in the next partition, and behind the last there are none of the target',
  async (t) => {
    const before = (partition: number) => hintsAfter('n1', partition, 4);
    t.equal(before(0), `${PREFIX.hint}n1\u00004000`);
    t.equal(before(3), hintsOf('n1').before);
    t.notOk(lies(hintsOf('n1'), `${PREFIX.hint}n10\u00000000k`));
  },
);

t.test(
  'times and numbers sort as they are, and beyond all bounds they still are keys',
  async (t) => {
    const at = recordKey('default', 'k', 4);
    fc.assert(
      fc.property(anyTime, anyTime, (a, b) => {
        const [first, second] = [a, b].map((time) => indexFrom('collectable', time));
        const [one, other] = [a, b].map(digestLogKey);
        return (
          Math.sign(compareUtf8(first ?? '', second ?? '')) === Math.sign(a - b) &&
          Math.sign(compareUtf8(one ?? '', other ?? '')) === Math.sign(a - b) &&
          parseDigestLogKey(one ?? '') === a
        );
      }),
      RUNS,
    );
    for (const time of [-5, 1e30]) {
      t.equal(hintAgeKey('n1', at, time).length, hintAgeKey('n1', at, 7).length, String(time));
    }
    for (const kind of ['rebuilding', 'digest', 'ballots'] as const) {
      const keys = [0, 1, 15, 255, 256, 4_095].map((partition) => partitionKey(kind, partition));
      t.strictSame(keys.map(parsePartitionKey), [0, 1, 15, 255, 256, 4_095]);
      t.strictSame([...keys].sort(compareUtf8), keys);
    }
  },
);

t.test('nothing lies between a key and the one after it', async () => {
  fc.assert(
    fc.property(anyKey, anyKey, (key, other) => {
      return compareUtf8(other, key) <= 0 === compareUtf8(other, keyAfter(key)) < 0;
    }),
    RUNS,
  );
});

t.test('a page goes on within its range, or is refused: peers name the place', async (t) => {
  const all = recordsOf(1, 4);
  t.same(rangeFrom(all, ''), all);
  t.same(rangeFrom(all, all.from), all);
  const inside = `${all.from}default\u0000k`;
  t.same(rangeFrom(all, inside), { from: inside, before: all.before });
  for (const from of ['\u0000', 'm/node', recordsOf(0, 4).from, all.before, '\uffff']) {
    t.throws(() => rangeFrom(all, from), { code: 'corrupt_bytes' }, JSON.stringify(from));
  }
});

t.test('a text that is no entry is refused before it is one', async (t) => {
  const text = entryText('conflict', indexKey('conflict', 7, recordKey('default', 'k', 4)));
  t.ok(isEntryText(text));
  for (const wrong of [
    '',
    text.slice(1, 16),
    text.replace('\u0000', ''),
    `x${text}`,
    `${text}\ud800`,
  ]) {
    t.notOk(isEntryText(wrong), JSON.stringify(wrong));
  }
});

t.test(
  'no prefix is the beginning of another, and each is in the table of docs/storage.md',
  async (t) => {
    const prefixes = Object.values(PREFIX);
    for (const one of prefixes) {
      t.strictSame(
        prefixes.filter((other) => other.startsWith(one)),
        [one],
      );
      const { from, before } = rangeOf(one);
      t.ok(
        compareUtf8(from, `${one}\u{10ffff}`) < 0 && compareUtf8(`${one}\u{10ffff}`, before) < 0,
      );
    }
    const documented = [...readFileSync('docs/storage.md', 'utf8').matchAll(/^\| `([^`]+)` \|/gm)];
    const singles = Object.values(SINGLE_KEYS);
    t.strictSame(
      documented.map(([, prefix = '']) => prefix).sort(),
      [...prefixes.filter((prefix) => prefix !== PREFIX.single), ...singles].sort(),
    );
    t.ok(singles.every((key) => key.startsWith(PREFIX.single)));
  },
);

t.test('known keys: what is stored depends on them', async (t) => {
  t.equal(recordKey('shop', 'a/b', 4_096).storageKey, recordKey('shop', 'a/b', 1).storageKey);
  t.strictSame(recordKey('shop', 'a/b', 16), {
    ...{ namespace: 'shop', key: 'a/b', partition: 4, storageKey: 'r460dshop\u0000a/b' },
  });
});
