/** Settings: their order, their limits, and messages that name what is wrong. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { checkSetting, formatSetting } from '../../../config/kinds.js';
import { loadSettings, type SettingsSources } from '../../../config/load-settings.js';
import { PROFILES } from '../../../config/profiles.js';
import { RULES } from '../../../config/rules.js';
import { SETTING_LIST, SETTINGS } from '../../../config/schema.js';
import { OperatingError } from '../../../lib/errors.js';

/** The problems that loading met; none where it succeeded. */
function problemsOf(sources: SettingsSources): readonly unknown[] {
  try {
    loadSettings(sources);
    return [];
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error;
    return error.details['problems'] as readonly unknown[];
  }
}

const asRead = (name: string, settings: object): unknown =>
  name.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], settings);

t.test('without any source, every setting has its default', async (t) => {
  const settings = loadSettings();
  for (const { name, row } of SETTING_LIST) t.same(asRead(name, settings), row.default, name);
  for (const profile of Object.keys(PROFILES)) t.same(problemsOf({ profile }), [], profile);
});

t.test('a stronger source beats a weaker one', async (t) => {
  const folder = t.testdir();
  const configFile = join(folder, 'config.json');
  const variablesFile = join(folder, 'env');
  const name = 'peers.reconnectDelayMaxMilliseconds';
  writeFileSync(configFile, '{"peers": {"reconnectDelayMaxMilliseconds": 300}}');
  writeFileSync(variablesFile, 'QUORATE_PEERS_RECONNECT_DELAY_MAX_MILLISECONDS=400ms\nOTHER=1\n');
  const environment = { QUORATE_PEERS_RECONNECT_DELAY_MAX_MILLISECONDS: '450' };
  const read = (sources: SettingsSources): unknown => asRead(name, loadSettings(sources));

  t.equal(read({}), 2000);
  t.equal(read({ profile: 'local' }), 500);
  t.equal(read({ environment: { QUORATE_NODE_PROFILE: 'wan' } }), 5000);
  t.equal(read({ profile: 'local', configFile }), 300);
  t.equal(read({ profile: 'local', configFile, variablesFile }), 400);
  t.equal(read({ profile: 'local', configFile, variablesFile, environment }), 450);
  const flags = { [name]: '1m' };
  t.equal(read({ profile: 'local', configFile, variablesFile, environment, flags }), 60_000);
  t.equal(read({ environment, flags: { [name]: undefined } }), 450, 'no flag is no source');
  t.equal(
    read({ variablesFile, environment: { QUORATE_PEERS_RECONNECT_DELAY_MAX_MILLISECONDS: '' } }),
    400,
    'an empty variable is none',
  );
});

t.test('the example file is good', async (t) => {
  const { node } = loadSettings({ configFile: 'config/example.json' });
  t.same(node.initialCluster[1], { id: 'n2', address: '127.0.0.1:10091' });
});

t.test('what is written out is read back', async (t) => {
  const numeric = SETTING_LIST.filter(({ row }) => 'minimum' in row && row.rule === undefined);
  t.ok(numeric.length > 30);
  fc.assert(
    fc.property(fc.constantFrom(...numeric), fc.nat(1000), ({ row }, share) => {
      if (!('minimum' in row)) return;
      const exact = row.minimum + (share / 1000) * (row.maximum - row.minimum);
      const value = row.kind === 'number' ? Number(exact.toFixed(3)) : Math.round(exact);
      assert.deepEqual(checkSetting(row, formatSetting(row, value)), { value });
    }),
    { numRuns: 5000 },
  );
  const founders = [{ id: 'n1', address: '[::1]:9080' }];
  const row = SETTINGS.node.initialCluster;
  t.same(checkSetting(row, formatSetting(row, founders)), { value: founders });
});

t.test('each numeric setting is refused beyond its limits, by name', async (t) => {
  for (const { name, row } of SETTING_LIST) {
    if (!('minimum' in row)) continue;
    for (const value of [row.minimum - 1, row.maximum + 1, Number.NaN, 'many', '', null, [1]]) {
      const problems = problemsOf({ flags: { [name]: value } });
      t.match(problems[0], new RegExp(`^${name.replace('.', '\\.')} must be .*\\(flag\\)$`));
      t.equal(problems.length, 1);
    }
    if (row.kind !== 'number') {
      t.equal(problemsOf({ flags: { [name]: row.minimum + 0.5 } }).length, 1, 'whole numbers');
    }
  }
});

const refused: readonly (readonly [SettingsSources, RegExp])[] = [
  [{ flags: { 'ring.partitions': '300' } }, /^ring.partitions must be a power of two/],
  [{ profile: 'wann' }, /^node.profile must be one of local, lan, wan/],
  [{ flags: { 'node.id': 'Big One' } }, /^node.id must be 1 to 63 small letters/],
  [{ flags: { 'node.listen': '8080' } }, /^node.listen must be host:port/],
  [{ flags: { 'node.listen': 'a:65536' } }, /^node.listen must be host:port/],
  [{ flags: { 'node.join': 'a:1,a:1' } }, /^node.join must name each address once/],
  [{ flags: { 'http.hostNames': 'a,b:1' } }, /^http.hostNames must be host names/],
  [{ flags: { 'rateLimit.trustedProxies': 'proxy' } }, /must be IP addresses or subnets/],
  [{ flags: { 'rateLimit.trustedProxies': '0.0.0.0/0' } }, /^rateLimit.trustedProxies must/],
  [{ flags: { 'http.hostNames': 'a,b,a' } }, /^http.hostNames must name each host once/],
  [{ flags: { 'node.initialCluster': 'n1=a:1,n1=b:1' } }, /must name each id once/],
  [{ flags: { 'node.initialCluster': 'n1=a:1,n2=a:1' } }, /must name each address once/],
  [{ flags: { 'node.initialCluster': 'a:1' } }, /^node.initialCluster has an id/],
  [{ flags: { 'http.unsafeListen': 'yes' } }, /^http.unsafeListen must be true or false/],
  [{ flags: { 'storage.queueBytesMax': '64 MB' } }, /^storage.queueBytesMax must be a whole/],
  [
    { environment: { QUORATE_NODE_ZON: 'a' } },
    /no QUORATE_NODE_ZON; did you mean QUORATE_NODE_ZONE/,
  ],
  [{ configFile: 'no/such/file' }, /^no\/such\/file: cannot be read/],
  [{ configFile: 'lib/README.md' }, /^lib\/README.md: is not JSON/],
  [{ variablesFile: 'no/such/file' }, /^no\/such\/file: cannot be read/],
  [{ configFile: '/dev/zero' }, /^\/dev\/zero: cannot be read: it is longer/],
  [{ variablesFile: '/dev/zero' }, /^\/dev\/zero: cannot be read: it is longer/],
  [{ flags: { 'node.initialCluster': 'n1=a:1;zon=b' } }, /must be id=host:port, and behind it/],
];

t.test('what is wrong is named', async (t) => {
  for (const [sources, message] of refused) {
    const problems = problemsOf(sources);
    t.equal(problems.length, 1, String(message));
    t.match(problems[0], message);
  }
  const flags: object = { 'node.liste': 'x', 'ring.replicas': '12' };
  t.equal(problemsOf({ flags }).length, 2, 'all at once');
  t.throws(() => loadSettings({ flags }), { code: 'invalid_request', outcome: 'none' });
});

t.test('unknown names in files are refused, with the nearest', async (t) => {
  const folder = t.testdir({
    'config.json': '{"ring": {"replica": 3}}',
    'flat.json': '{"ring": 3}',
    'proto.json': '{"ring": {"__proto__": 3}}',
    env: 'QUORATE_SOMETHING_ELSE_ALTOGETHER=1',
  });
  t.match(problemsOf({ configFile: join(folder, 'config.json') })[0], /ring.replica; .*replicas/);
  t.match(problemsOf({ configFile: join(folder, 'flat.json') })[0], /ring must be an object/);
  t.match(problemsOf({ configFile: join(folder, 'proto.json') })[0], /there is no ring.__proto__/);
  const variablesFile = join(folder, 'env');
  t.match(problemsOf({ variablesFile })[0], /there is no QUORATE_SOMETHING_ELSE_ALTOGETHER/);
  const other = 'QUORATE_SOMETHING_ELSE_ALTOGETHER';
  t.same(problemsOf({ variablesFile, otherVariables: [other] }), []);
  t.same(problemsOf({ environment: { [other]: '1' } }), [], 'not ours to refuse');
});

const breaks: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'requests.timeoutDefaultMilliseconds': { 'requests.timeoutDefaultMilliseconds': '2m' },
  'peers.heartbeatsMissedSuspect': { 'peers.heartbeatsMissedSuspect': 6 },
  'peers.reconnectDelayMinMilliseconds': { 'peers.reconnectDelayMinMilliseconds': '3s' },
  'peers.frameBytesMax': { 'peers.frameBytesMax': '2MiB' },
  'peers.linkQueueBytesMax': { 'peers.linkQueueBytesMax': '1MiB' },
  'resolution.auditBytesMax': {
    'resolution.auditBytesMax': '64MiB',
    'peers.frameBytesMax': '4MiB',
  },
  'requests.requestBytesInFlightMax': {
    'requests.requestBytesInFlightMax': '1MiB',
    'requests.valueBytesMax': '2MiB',
  },
  'requests.answerBytesInFlightMax': { 'requests.answerBytesInFlightMax': '31MiB' },
  'requests.contextBytesMax': { 'requests.contextBytesMax': '64KiB' },
  'node.peerListen': { 'node.peerListen': '127.0.0.1:8080' },
  'admin.listen': { 'admin.listen': '127.0.0.1:8080' },
  'storage.reserveBytes': { 'storage.reserveBytes': '127MiB' },
  'node.join': { 'node.join': 'a:1', 'node.initialCluster': 'n1=a:1' },
};

t.test('every rule between settings holds by default, and can be broken', async (t) => {
  for (const rule of RULES) {
    const [name] = rule.settings;
    t.ok(rule.holds(loadSettings()), name);
    t.same(problemsOf({ flags: breaks[name] ?? {} }), [`${name} must ${rule.says}`]);
  }
});
