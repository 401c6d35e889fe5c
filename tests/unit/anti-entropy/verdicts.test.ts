/** What owners say of a version, and what follows: verdicts as tables. */
import t from 'tap';
import { obstacleTo } from '../../../lib/anti-entropy/collectable.js';
import {
  isEndedElsewhere,
  type DotStatusReport,
  droppedOrDamaged,
  type DotStatus,
  dotStatusOf,
} from '../../../lib/anti-entropy/testimony.js';
import { PartitionClock } from '../../../lib/versioning/partition-clock.js';
import type { Siblings, VersionState } from '../../../lib/versioning/siblings.js';

const WRITER = 'n1.1.0123456789ab';
const dot = { writer: WRITER, n: 2 };

function says(
  word: DotStatus,
  more: { rebuilding?: boolean; persisted?: boolean } = {},
): DotStatusReport {
  const { rebuilding = false, persisted = true } = more;
  return { rebuilding, words: [word], persisted: [persisted] };
}

function holding(n: number, state: VersionState, covered = n): Siblings {
  const version = { dot: { writer: WRITER, n }, state, contentType: '', value: Buffer.alloc(0) };
  const context = { vector: new Map([[WRITER, covered]]), beyond: [] };
  return { epoch: 1, context, versions: [{ ...version, writtenAt: 1, expiresAt: undefined }] };
}

t.test('whoever has seen a version and lacks it was told, or is damaged', async (t) => {
  const rows: [string, boolean, DotStatusReport[], 'dropped' | 'damaged'][] = [
    ['nobody else owns it', true, [], 'dropped'],
    ['nobody holds it', true, [says('denied'), says('unseen')], 'dropped'],
    ['somebody holds the value', true, [says('denied'), says('value')], 'damaged'],
    ['somebody has superseded it', true, [says('covered'), says('value')], 'dropped'],
    ['held under rebuild only', true, [says('value', { rebuilding: true })], 'dropped'],
    ['dead, and seen by all disks', true, [says('dead'), says('denied')], 'dropped'],
    ['dead, not on my own disk', false, [says('dead'), says('denied')], 'damaged'],
    ['dead, not on all', true, [says('dead'), says('unseen', { persisted: false })], 'damaged'],
  ];
  for (const [name, own, others, verdict] of rows)
    t.equal(droppedOrDamaged([own], others), verdict, name);
  const two = { rebuilding: false, persisted: [true, true] };
  t.equal(
    droppedOrDamaged([true, true], [{ ...two, words: ['denied', 'value'] }]),
    'damaged',
    'any',
  );
});

t.test('a version has ended elsewhere where every other owner has seen its end', async (t) => {
  t.ok(isEndedElsewhere(0, [says('covered'), says('denied')]));
  t.notOk(isEndedElsewhere(0, []), 'without others nothing is known');
  for (const word of ['value', 'dead', 'unseen'] as const) {
    t.notOk(isEndedElsewhere(0, [says('covered'), says(word)]), word);
  }
  t.notOk(isEndedElsewhere(0, [says('covered', { rebuilding: true })]));
});

t.test('an owner says what it holds, or what its clock has seen', async (t) => {
  const clock = new PartitionClock();
  t.equal(dotStatusOf(dot, undefined, clock), 'unseen');
  clock.add(dot);
  t.equal(dotStatusOf(dot, undefined, clock), 'denied');
  t.equal(dotStatusOf(dot, holding(2, 'value'), clock), 'value');
  t.equal(dotStatusOf(dot, holding(2, 'stub'), clock), 'dead');
  t.equal(dotStatusOf(dot, holding(2, 'tombstone'), clock), 'dead');
  t.equal(dotStatusOf(dot, holding(3, 'value'), clock), 'covered');
});

t.test('the dead go when every owner has seen all of it on its disk, without a gap', async (t) => {
  const upTo = (n: number): PartitionClock => PartitionClock.from([[WRITER, n, []]]);
  const gap = PartitionClock.from([[WRITER, 0, [2]]]);
  const dead = holding(2, 'tombstone');
  const owner = (persisted: PartitionClock | undefined, holdsValue = false) => {
    return { persisted, holdsValue };
  };
  t.equal(obstacleTo(dead, [owner(upTo(2)), owner(upTo(3))]), undefined);
  t.equal(obstacleTo(holding(2, 'value'), [owner(upTo(2))]), 'not all dead');
  t.equal(obstacleTo(dead, [owner(upTo(2)), owner(undefined)]), 'owner under rebuild');
  t.equal(obstacleTo(dead, [owner(upTo(2)), owner(upTo(1))]), 'not seen by all');
  t.equal(obstacleTo(dead, [owner(upTo(2)), owner(gap)]), 'not seen by all', 'a gap');
  t.equal(obstacleTo(dead, [owner(upTo(2)), owner(upTo(2), true)]), 'held as a value');
});
