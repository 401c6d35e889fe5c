/** Where the nodes of a local cluster listen, and what a second start may change. */
import t from 'tap';
import { planOf, writePlan, plannedNodes } from '../../../bin/cluster/cluster-plan.js';
import { CommandOptions } from '../../../bin/command-options.js';
import { clusterCommand } from '../../../bin/commands/cluster.js';

const given = (flags: Readonly<Record<string, string>>): CommandOptions =>
  new CommandOptions(clusterCommand.options, flags, {});
const portsOf = (flags: Readonly<Record<string, string>>): string[] =>
  plannedNodes(planOf(given(flags), t.testdir()), 'd').map(({ address }) => address);

t.test('nodes leave the port of administrators free', async (t) => {
  const ports = (list: readonly number[]) => list.map((port) => `127.0.0.1:${port}`);
  t.same(portsOf({}), ports([8090, 8091, 8092]));
  t.same(portsOf({ nodes: '5' }), ports([8090, 8091, 8092, 8094, 8095]));
  t.same(portsOf({ basePort: '100', adminPort: '100' }), ports([101, 102, 103]));
  t.same(portsOf({ adminPort: '9999' }), ports([8090, 8091, 8092]));
  const [first] = plannedNodes(planOf(given({}), t.testdir()), 'd');
  const peerAddress = '127.0.0.1:10090';
  t.match(first, { id: 'n1', peerAddress, dataDir: 'd/n1', logFile: 'd/n1/log' });
});

t.test('what a cluster was founded with stays', async (t) => {
  const folder = t.testdir();
  const founding = planOf(given({ nodes: '5', basePort: '7000' }), folder);
  writePlan(founding, folder);
  t.same(planOf(given({}), folder), founding, 'without flags it is what it was');
  t.same(planOf(given({ nodes: '5' }), folder), founding);
  t.throws(() => planOf(given({ nodes: '3' }), folder), /founded with nodes 5, not 3/);
  t.throws(() => planOf(given({ basePort: '7001' }), folder), /basePort 7000, not 7001/);
  const broken = t.testdir({ 'cluster.json': '{"nodes": -1}' });
  t.throws(() => planOf(given({}), broken), /cannot be used/);
});
