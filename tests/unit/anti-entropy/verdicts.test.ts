/** What owners say of a version, and what follows: verdicts as tables. */
import t from 'tap';
import { blockedReasonOf } from '../../../lib/anti-entropy/collectable.js';
import {
  isEndedElsewhere,
  type DotStatusReport,
  droppedOrDamaged,
  type DotStatus,
  dotStatusOf,
} from '../../../lib/anti-entropy/dot-status.js';
import { askOwners } from '../../../lib/anti-entropy/dot-status-service.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { PartitionClock } from '../../../lib/versioning/partition-clock.js';
import type { Siblings, VersionState } from '../../../lib/versioning/siblings.js';

const WRITER = 'n1.1.0123456789ab';
const dot = { writer: WRITER, n: 2 };
const at = recordKey('default', 'k', 4);

function says(
  status: DotStatus,
  more: { rebuilding?: boolean; persisted?: boolean } = {},
): DotStatusReport {
  const { rebuilding = false, persisted = true } = more;
  return { rebuilding, statuses: [status], persisted: [persisted] };
}

function holding(n: number, state: VersionState, covered = n): Siblings {
  const version = { dot: { writer: WRITER, n }, state, contentType: '', value: Buffer.alloc(0) };
  const context = { vector: new Map([[WRITER, covered]]), beyond: [] };
  return { epoch: 1, context, versions: [{ ...version, writtenAt: 1, expiresAt: undefined }] };
}

t.test('whoever has seen a version and lacks it was notified, or is damaged', async (t) => {
  const rows: [string, boolean, DotStatusReport[], 'dropped' | 'damaged'][] = [
    ['nobody else owns it', true, [], 'dropped'],
    ['nobody holds it', true, [says('absent'), says('unseen')], 'dropped'],
    ['somebody holds the value', true, [says('absent'), says('value')], 'damaged'],
    ['somebody has superseded it', true, [says('covered'), says('value')], 'dropped'],
    ['held under rebuild only', true, [says('value', { rebuilding: true })], 'dropped'],
    ['dead, and seen by all disks', true, [says('ended'), says('absent')], 'dropped'],
    ['dead, not on my own disk', false, [says('ended'), says('absent')], 'damaged'],
    [
      'dead, and a clock was emptied',
      true,
      [says('ended'), says('unseen', { persisted: false, rebuilding: true })],
      'dropped',
    ],
    ['dead, not on all', true, [says('ended'), says('unseen', { persisted: false })], 'damaged'],
  ];
  for (const [name, own, others, verdict] of rows)
    t.equal(droppedOrDamaged([own], others), verdict, name);
  const two = { rebuilding: false, persisted: [true, true] };
  t.equal(
    droppedOrDamaged([true, true], [{ ...two, statuses: ['absent', 'value'] }]),
    'damaged',
    'any',
  );
});

t.test('what was persisted here counts as it was when the owners were asked', async (t) => {
  const [with2, without] = [PartitionClock.from([[WRITER, 2, []]]), new PartitionClock()];
  const verdictOf = async (asked: PartitionClock, answered: PartitionClock) => {
    let persisted = asked;
    const ask = async (): Promise<DotStatusReport> => {
      persisted = answered;
      return says('ended');
    };
    const options = {
      ownership: { othersOf: () => ['n2', 'n3'] },
      clocks: { persisted: () => persisted },
      questions: { ask, deadline: 1 },
    };
    return askOwners(options as unknown as Parameters<typeof askOwners>[0], at, [dot]);
  };
  t.equal(await verdictOf(without, with2), 'damaged', 'its clock was written since');
  t.equal(await verdictOf(with2, without), 'dropped', 'its clock was emptied since');
});

t.test('a version has ended elsewhere where every other owner has seen its end', async (t) => {
  t.ok(isEndedElsewhere(0, [says('covered'), says('absent')]));
  t.notOk(isEndedElsewhere(0, []), 'without others nothing is known');
  for (const status of ['value', 'ended', 'unseen'] as const) {
    t.notOk(isEndedElsewhere(0, [says('covered'), says(status)]), status);
  }
  t.notOk(isEndedElsewhere(0, [says('covered', { rebuilding: true })]), 'nobody is whole');
  const ignorant = says('unseen', { rebuilding: true });
  t.ok(isEndedElsewhere(0, [says('absent'), ignorant]), 'who is rebuilt does not know');
});

t.test('an owner says what it holds, or what its clock has seen', async (t) => {
  const clock = new PartitionClock();
  t.equal(dotStatusOf(dot, undefined, clock), 'unseen');
  clock.add(dot);
  t.equal(dotStatusOf(dot, undefined, clock), 'absent');
  t.equal(dotStatusOf(dot, holding(2, 'value'), clock), 'value');
  t.equal(dotStatusOf(dot, holding(2, 'stub'), clock), 'ended');
  t.equal(dotStatusOf(dot, holding(2, 'tombstone'), clock), 'ended');
  t.equal(dotStatusOf(dot, holding(3, 'value'), clock), 'covered');
});

t.test('the dead go when every owner has seen all of it on its disk, without a gap', async (t) => {
  const upTo = (n: number): PartitionClock => PartitionClock.from([[WRITER, n, []]]);
  const gap = PartitionClock.from([[WRITER, 0, [1, 1]]]);
  const dead = holding(2, 'tombstone');
  const owner = (persisted: PartitionClock | undefined, holdsValue = false) => {
    return { persisted, holdsValue };
  };
  t.equal(blockedReasonOf(dead, [owner(upTo(2)), owner(upTo(3))]), undefined);
  t.equal(blockedReasonOf(holding(2, 'value'), [owner(upTo(2))]), 'holds a value');
  t.equal(blockedReasonOf(dead, [owner(upTo(2)), owner(undefined)]), 'owner under rebuild');
  t.equal(blockedReasonOf(dead, [owner(upTo(2)), owner(upTo(1))]), 'not seen by all');
  t.equal(blockedReasonOf(dead, [owner(upTo(2)), owner(gap)]), 'not seen by all', 'a gap');
  t.equal(blockedReasonOf(dead, [owner(upTo(2)), owner(upTo(2), true)]), 'held as a value');
});
