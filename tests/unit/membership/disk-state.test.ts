/** The state of a disk, as readiness and status tell it. */
import t from 'tap';
import { mendingOf } from '../../../lib/admin-page/logic/mending.js';
import { OperatingError } from '../../../lib/errors.js';
import {
  diskAlerts,
  diskReason,
  type DiskState,
  diskStateOf,
} from '../../../lib/membership/disk-state.js';

const failure = new OperatingError('storage_failed', 'the disk failed: x');
const refusal = new OperatingError('read_only', 'the disk of this node is nearly full');
const FINE = { failure: undefined, refusal: undefined };

t.test('what is worse is reported', async (t) => {
  const stalls = { stalledMilliseconds: 7_900 };
  const answers = { stalledMilliseconds: 0 };
  t.equal(diskStateOf({ store: FINE, stalls: answers }), 'ok');
  t.equal(diskStateOf({ store: { ...FINE, refusal }, stalls: answers }), 'read_only');
  t.equal(diskStateOf({ store: { ...FINE, refusal }, stalls }), 'stalled');
  t.equal(diskStateOf({ store: { failure, refusal: failure }, stalls }), 'failed');
  t.equal(diskReason({ store: FINE, stalls: answers }), undefined);
  t.equal(diskReason({ store: { ...FINE, refusal }, stalls: answers }), refusal.message);
  const reason = 'the disk of this node has not answered for 7 s';
  t.equal(diskReason({ store: FINE, stalls }), reason);
});

t.test('each state that is not fine is an alert, with what mends it', async (t) => {
  for (const state of ['read_only', 'stalled', 'failed'] as const) {
    const [alert = ''] = diskAlerts('n2', state);
    t.match(alert, /^the disk of n2 /);
    t.match(mendingOf(alert), { command: /./, chapter: /./ }, alert);
  }
  t.same(diskAlerts('n2', 'ok'), []);
  t.same(diskAlerts('n2', undefined), []);
  t.same(diskAlerts('n2', 'of another build' as DiskState), []);
});
