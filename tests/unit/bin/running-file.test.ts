/** A number of a process alone says nothing: numbers are given out again. */
import t from 'tap';
import { livePidOf } from '../../../bin/cluster/running-file.js';
import { processStamp } from '../../../lib/platform/process-stamp.js';

t.test('a process is that of the node only with the stamp that was noted', async (t) => {
  const { pid } = process;
  const stamp = processStamp(pid);
  const node = { id: 'n1', address: '127.0.0.1:1' };
  t.type(stamp, 'string');
  t.equal(livePidOf({ ...node, pid, stamp }), pid);
  t.equal(livePidOf({ ...node, pid, stamp: `${stamp}0` }), undefined, 'of another process');
  t.equal(livePidOf({ ...node, pid }), undefined, 'the system did not say');
  t.equal(livePidOf({ ...node, stamp }), undefined, 'it did not run');
});
