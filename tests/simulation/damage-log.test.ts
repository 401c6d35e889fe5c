/** Which losses excuse which promises: no other key, no other owner, nothing later. */
import t from 'tap';
import { DamageLog } from './damage-log.js';

const OWNERS = ['n1', 'n2', 'n3'];
const HELD = { key: 'k', holders: 1, began: 100, ended: 110 };

function logOf(machine: string, at: number, key?: string, keptUntil = Number.NEGATIVE_INFINITY) {
  const log = new DamageLog();
  log.note({ machine, at, key, keptUntil });
  return log;
}

t.test('what one primary holds is excused by the loss of an owner, from then on alone', (t) => {
  t.notOk(new DamageLog().mayBeLost(HELD, OWNERS), 'no disk was damaged');
  t.ok(logOf('n2', 200).mayBeLost(HELD, OWNERS));
  t.ok(logOf('n2', 200, 'k').mayBeLost(HELD, OWNERS));
  t.notOk(logOf('n2', 200, 'other').mayBeLost(HELD, OWNERS), 'another key was lost');
  t.notOk(logOf('n4', 200).mayBeLost(HELD, OWNERS), 'no owner lost it');
  t.notOk(logOf('n2', 99).mayBeLost(HELD, OWNERS), 'it began after the loss');
  t.end();
});

t.test('what is known to lie elsewhere is excused by no other disk', (t) => {
  const lying = { ...HELD, heldBy: ['n2'] };
  t.ok(logOf('n2', 200).mayBeLost(lying, OWNERS));
  t.notOk(logOf('n3', 200).mayBeLost(lying, OWNERS), 'an owner that did not hold it');
  const log = new DamageLog();
  const all = { machine: 'n2', at: 200, key: 'k', keptUntil: Number.NEGATIVE_INFINITY };
  log.note({ ...all, part: 'hint' });
  t.notOk(log.mayBeLost(lying, OWNERS), 'a hint of the key rots, not its record');
  log.note({ ...all, part: 'record' });
  t.ok(log.mayBeLost(lying, OWNERS));
  t.end();
});

t.test('a disk that was rolled back still has what it had by then', (t) => {
  t.notOk(logOf('n2', 200, undefined, 111).mayBeLost(HELD, OWNERS), 'answered before that');
  t.ok(logOf('n2', 200, undefined, 110).mayBeLost(HELD, OWNERS));
  t.end();
});

t.test('what two primaries hold is excused by no loss', (t) => {
  const log = logOf('n1', 200);
  log.note({ machine: 'n2', at: 201, key: undefined, keptUntil: Number.NEGATIVE_INFINITY });
  t.notOk(log.mayBeLost({ ...HELD, holders: 2 }, OWNERS));
  t.end();
});

t.test('what a hint alone holds is excused by the loss of the hint, or of an owner', (t) => {
  const hinted = { ...HELD, holders: 0, heldBy: ['n4'] };
  t.ok(logOf('n4', 200).mayBeLost(hinted, OWNERS), 'it lay there');
  t.ok(logOf('n2', 200).mayBeLost(hinted, OWNERS), 'it may have been delivered there first');
  t.notOk(logOf('n5', 200).mayBeLost(hinted, OWNERS), 'a machine that never had it');
  t.notOk(logOf('n4', 99).mayBeLost(hinted, OWNERS), 'before it began');
  t.notOk(logOf('n4', 200, 'other').mayBeLost(hinted, OWNERS));
  t.notOk(logOf('n4', 200, undefined, 111).mayBeLost(hinted, OWNERS), 'rolled back to later');
  const log = new DamageLog();
  const all = { at: 200, key: 'k', keptUntil: Number.NEGATIVE_INFINITY };
  log.note({ ...all, machine: 'n4', part: 'record' });
  log.note({ ...all, machine: 'n2', part: 'hint' });
  t.notOk(log.mayBeLost(hinted, OWNERS), 'neither the hint there nor a record that it became');
  log.note({ ...all, machine: 'n4', part: 'hint' });
  t.ok(log.mayBeLost(hinted, OWNERS));
  t.end();
});
