/** A second cluster on one folder is refused, with what brings back the first one's nodes. */
import t from 'tap';
import { alreadyRuns } from '../../../bin/cluster/already-runs.js';
import { processStamp } from '../../../lib/platform/process-stamp.js';

const alive = (id: string) => ({
  ...{ id, address: 'a:1', pid: process.pid },
  stamp: processStamp(process.pid) ?? '',
});

t.test('dead nodes are named, each with its command', async (t) => {
  const nodes = [{ id: 'n1', address: 'a:1' }, alive('n2'), { id: 'n3', address: 'a:3' }];
  t.equal(
    alreadyRuns('/d', { nodes }).message,
    'a cluster runs on /d already; dead in it: n1, n3. Bring back what is dead: ' +
      'quorate cluster start-node n1 --data-dir /d && quorate cluster start-node n3 --data-dir /d',
  );
});

t.test('where all live, it can be looked at', async (t) => {
  const { code, message } = alreadyRuns('/d', { nodes: [alive('n1')] });
  t.equal(code, 'not_ready');
  t.equal(message, 'a cluster runs on /d already; all its nodes run: quorate status shows them');
});
