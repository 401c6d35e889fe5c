/** A data folder that a build with another format has written: refused, and left as it is. */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { STORED_FORMAT } from '../../lib/persistence/checksummed.js';
import { otherBuild } from './other-build.js';
import { freeBasePort, quorate, RealCluster } from './real-cluster.js';

const NEWER = STORED_FORMAT + 1;

/** Every file but the log of the process, by its path. */
function filesBelow(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true }).map(String).sort();
  const whole = files.filter((name) => name !== 'log' && statSync(join(folder, name)).isFile());
  return new Map(whole.map((name) => [name, readFileSync(join(folder, name), 'base64')]));
}

t.test('a newer build writes, and this one refuses', async (t) => {
  const folder = t.testdir();
  const dataDir = join(folder, 'data');
  const words = ['--base-port', String(await freeBasePort()), '--partitions', '8'];
  const program = otherBuild(join(folder, 'newer'), {
    file: 'lib/persistence/checksummed.js',
    constant: `STORED_FORMAT = ${STORED_FORMAT};`,
    instead: `STORED_FORMAT = ${NEWER};`,
  });
  const newer = await RealCluster.start(t, dataDir, words, program);
  t.equal((await newer.ask('put', 'k', 'value')).status, 0);
  t.equal(await newer.end('SIGTERM'), 0);
  const store = join(dataDir, 'n1');
  const before = filesBelow(store);
  t.ok(
    [...before.keys()].some((name) => name.endsWith('format')),
    [...before.keys()].join(' '),
  );

  const refused = await quorate(['cluster', '--data-dir', dataDir, ...words]);
  t.not(refused.status, 0);
  const names = new RegExp(`format ${NEWER}; this build of quorate knows format ${STORED_FORMAT}`);
  t.match(refused.err, names, 'both versions are named');
  t.same(filesBelow(store), before, 'nothing is touched');

  // Without the file the values say it: the engine may order its files anew, and nothing is lost.
  for (const id of newer.ids) rmSync(join(dataDir, id, 'format'));
  const again = await quorate(['cluster', '--data-dir', dataDir, ...words]);
  t.not(again.status, 0);
  t.match(again.err, names, 'both versions are named again');
  const back = await RealCluster.start(t, dataDir, words, program);
  t.match(await back.ask('get', 'k'), { status: 0, out: /value/ });
  t.equal(await back.end('SIGTERM'), 0);
});
