/** A cut between two nodes, as the admin page shows it: who does not see whom any more. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { serveAdminPage } from '../../bin/admin/admin-page.js';
import { runNode, type ServingNode } from '../../bin/node/run-node.js';
import { loadSettings } from '../../config/load-settings.js';
import { LogAndMetrics } from '../../lib/platform/observer.js';
import { freeBasePort, PEERS_ABOVE } from '../integration/real-cluster.js';
import { CutTransport } from '../partition/cut-transport.js';
import { axeFindings, DESKTOP, launch, openPage, PATIENCE, shows } from './browser.js';

const IDS = ['n1', 'n2', 'n3'];
const HOST = '127.0.0.1';

const basePort = await freeBasePort();
const folder = t.testdir();
const observer = new LogAndMetrics({ nodeId: 'cut', severity: 'error' });
const addressOf = (id: string, above = 0): string =>
  `${HOST}:${basePort + above + IDS.indexOf(id)}`;
const wires = new Map<string, CutTransport>();

function start(id: string): Promise<ServingNode> {
  const dataDir = join(folder, id);
  mkdirSync(dataDir);
  const founders = IDS.map((one) => `${one}=${addressOf(one, PEERS_ABOVE)}`);
  const settings = loadSettings({
    flags: {
      ...{ 'node.id': id, 'node.dataDir': dataDir, 'node.listen': addressOf(id) },
      ...{ 'node.peerListen': addressOf(id, PEERS_ABOVE) },
      ...{ 'node.initialCluster': founders.join(','), 'ring.partitions': '8' },
    },
    profile: 'local',
    environment: {},
  });
  return runNode({
    ...{ settings, secret: new Uint8Array(32), version: 'test', observer },
    signal: new AbortController().signal,
    wrap: (transport) => {
      const wire = new CutTransport(transport);
      wires.set(id, wire);
      return wire;
    },
  });
}

const nodes = await Promise.all(IDS.map(start));
await Promise.all(nodes.map((node) => node.ready()));
const admin = await serveAdminPage({
  ...{ listen: `${HOST}:${basePort + IDS.length}`, hostNames: [], version: 'test', observer },
  ...{ program: './quorate', nodes: IDS.map((id) => ({ id, address: addressOf(id) })) },
});
const browser = await launch();
t.teardown(async () => {
  await browser.close();
  await admin.close();
  await Promise.all(nodes.map((node) => node.stop()));
});

t.test('two that do not see each other are shown at once, and that the third does', async (t) => {
  const { page, complaints } = await openPage(browser, DESKTOP, `${admin.url}#/nodes`);
  const seen = (from: number, to: number) =>
    page.locator('.matrix tbody tr').nth(from).locator('td').nth(to);
  await shows(page, 'Rows look, columns are seen; with the round trip.');
  await seen(0, 1).getByText(/up, /).waitFor(PATIENCE);
  wires.get('n1')?.cut('n2');
  wires.get('n2')?.cut('n1');
  await seen(0, 1).getByText('down').waitFor(PATIENCE);
  // The page asks n1, which n2 tells nothing any more.
  await seen(1, 0).getByText('silent').waitFor(PATIENCE);
  await shows(page, 'Nodes disagree: the network is cut, or one is slow.');
  for (const to of [0, 1]) t.match(await seen(2, to).textContent(), /up, /);
  await page.getByLabel('as seen by').selectOption('n3');
  await seen(1, 0).getByText('down').waitFor(PATIENCE);
  await seen(0, 1).getByText('down').waitFor(PATIENCE);
  for (const from of [0, 1]) t.match(await seen(from, 2).textContent(), /up, /);
  t.same(await axeFindings(page), []);
  for (const wire of wires.values()) wire.healAll();
  await shows(page, 'Rows look, columns are seen; with the round trip.');
  await seen(0, 1).getByText(/up, /).waitFor(PATIENCE);
  t.same(complaints, []);
  await page.context().close();
});
