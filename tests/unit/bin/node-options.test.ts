/** What must hold before a node opens anything, and what its settings come to. */
import t from 'tap';
import { addressOf, checkNodeSettings, nodeOptionsOf } from '../../../bin/node/node-options.js';
import type { SettingName, Settings } from '../../../config/schema.js';
import { loadSettings } from '../../../config/load-settings.js';

const GOOD: Readonly<Partial<Record<SettingName, string>>> = {
  'node.id': 'n1',
  'node.secretFile': 'secret',
  'node.initialCluster': 'n1=10.0.0.1:10090;zone=a;weight=2,n2=10.0.0.2:10090',
};

const settings = (flags: Readonly<Partial<Record<SettingName, string>>> = {}): Settings =>
  loadSettings({ flags: { ...GOOD, ...flags } });

t.test('founders carry zone and weight, the same for all who read the list', async (t) => {
  checkNodeSettings(settings());
  const given = { secret: new Uint8Array(32), version: '1' };
  const { founders, id } = nodeOptionsOf(settings(), given);
  t.equal(id, 'n1');
  t.same(founders, [
    { id: 'n1', address: '10.0.0.1:10090', zone: 'a', weight: 2 },
    { id: 'n2', address: '10.0.0.2:10090', zone: 'default', weight: 1 },
  ]);
});

const refused: readonly (readonly [says: RegExp, flags: Partial<Record<SettingName, string>>])[] = [
  [/--id is needed/, { 'node.id': '' }],
  [/--secret-file is needed/, { 'node.secretFile': '' }],
  [/--initial-cluster is needed/, { 'node.initialCluster': '' }],
  [/not in this version/, { 'node.initialCluster': '', 'node.join': 'h:1' }],
  [/does not name n3/, { 'node.id': 'n3' }],
  [/--zone b is not what .*n1=10.0.0.1:10090;zone=b/, { 'node.zone': 'b' }],
  [/--weight 3 is not/, { 'node.weight': '3' }],
  [/no credentials/, { 'node.listen': '0.0.0.0:80' }],
  [/no credentials/, { 'node.listen': '[::]:80' }],
];

t.test('what would found another ring, or open the store to anybody, is refused', async (t) => {
  for (const [says, flags] of refused) t.throws(() => checkNodeSettings(settings(flags)), says);
  for (const listen of ['127.0.0.1:80', '[::1]:80', 'localhost:80']) {
    checkNodeSettings(settings({ 'node.listen': listen }));
  }
  checkNodeSettings(settings({ 'node.listen': '0.0.0.0:80', 'http.unsafeListen': 'true' }));
  checkNodeSettings(settings({ 'node.zone': 'a', 'node.weight': '2' }));
});

t.test('addresses come apart at their last colon', async (t) => {
  t.same(addressOf('[::1]:80'), { host: '::1', port: 80 });
  t.same(addressOf('node.local:8090'), { host: 'node.local', port: 8090 });
});

t.test('entries of the list that are not understood are refused', async (t) => {
  for (const entry of ['n1', 'n1=h:1;zone=', 'n1=h:1;weight=x', 'n1=h:1;colour=red']) {
    t.throws(() => settings({ 'node.initialCluster': entry }), /node.initialCluster/, entry);
  }
});
