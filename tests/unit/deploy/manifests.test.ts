/** Manifests of Kubernetes against its schemas, compose.yaml, and what both must agree on. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DCLinter } from 'dclint';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import t from 'tap';
import { parse, parseAllDocuments } from 'yaml';
import { foundersSchema, parseFounder, parseList } from '../../../config/addresses.js';
import { SETTING_LIST } from '../../../config/schema.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const DEPLOY = join(ROOT, 'config/deploy');
const read = (name: string): string => readFileSync(join(DEPLOY, name), 'utf8');

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

const parseFounders = (text: string) => parseList(text).map(parseFounder);

/** The kinds that are used here. */
const MODELS = { StatefulSet, PodDisruptionBudget, Secret, Service } as const;

function documents(name: string): Manifest[] {
  return parseAllDocuments(read(name)).map((document) => {
    t.same(document.errors, [], name);
    return document.toJS() as Manifest;
  });
}

function check(manifest: Manifest): void {
  const Model = MODELS[manifest.kind as keyof typeof MODELS];
  if (Model === undefined) throw new Error(`no schema of ${manifest.kind}`);
  const { apiVersion, kind, ...rest } = manifest;
  const model = new Model(rest as object);
  if (model.apiVersion !== apiVersion) throw new Error(`${kind} is of ${model.apiVersion}`);
  model.validate();
}

const manifests = documents('kubernetes/quorate.yaml');
const set = manifests.find(({ kind }) => kind === 'StatefulSet') as unknown as StatefulSet;

t.test('manifests of Kubernetes are what their schemas say', async (t) => {
  t.same(manifests.map(({ kind }) => kind).sort(), [
    'PodDisruptionBudget',
    'Service',
    'Service',
    'StatefulSet',
  ]);
  for (const manifest of [...manifests, ...documents('kubernetes/secret.example.yaml')]) {
    t.doesNotThrow(() => check(manifest), manifest.kind);
  }
  const broken = (change: (text: string) => string): Manifest[] =>
    parseAllDocuments(change(read('kubernetes/quorate.yaml'))).map((one) => one.toJS() as Manifest);
  for (const change of [
    (text: string) => text.replace('replicas: 3', 'replicas: three'),
    (text: string) => text.replace('serviceName: quorate-peers', 'serviceName: 1'),
    (text: string) => text.replace('containerPort: 8090', 'containerPort: http'),
    (text: string) => text.replace('defaultMode: 288', "defaultMode: '0440'"),
    (text: string) => text.replace('policy/v1', 'policy/v1beta1'),
  ]) {
    t.throws(() => broken(change).forEach(check), 'the schemas are asked');
  }
});

/** Its own types are not found by a resolution that wants whole file names. */
interface LintResult {
  readonly messages: readonly { readonly rule: string; readonly message: string }[];
}

/** What the schema of the Compose Specification says of it; matters of style are ours. */
function schemaFindings(text: string): string[] {
  const file = join(mkdtempSync(join(tmpdir(), 'quorate-compose-')), 'compose.yaml');
  writeFileSync(file, text);
  const linter = new DCLinter({ rules: {}, quiet: false, debug: false, exclude: [] });
  const results = linter.lintFiles([file], false) as readonly LintResult[];
  const messages = results.flatMap((result) => result.messages);
  rmSync(dirname(file), { recursive: true });
  return messages.filter(({ rule }) => rule === 'invalid-schema').map(({ message }) => message);
}

t.test('compose.yaml is what its schema says', async (t) => {
  const compose = read('compose.yaml');
  t.same(schemaFindings(compose), []);
  for (const broken of [
    compose.replace("ports: ['", "prots: ['"),
    compose.replace('stop_grace_period: 20s', 'stop_grace_period: [20]'),
    compose.replace('restart: on-failure', 'restart: { on: failure }'),
  ]) {
    t.not(broken, compose);
    t.equal(schemaFindings(broken).length, 1, 'the schema is asked');
  }
});

t.test('manifests agree with each other, and with the settings', async (t) => {
  const { spec } = set;
  const [container] = spec?.template.spec?.containers ?? [];
  const env = new Map(container?.env?.map(({ name, value }) => [name, value]));
  const founders = parseFounders(env.get('QUORATE_NODE_INITIAL_CLUSTER') ?? '');
  t.equal(foundersSchema.safeParse(founders).success, true);
  t.same(
    founders,
    Array.from({ length: spec?.replicas ?? 0 }, (_, i) => {
      const id = `${set.metadata?.name}-${i}`;
      return { id, address: `${id}.${spec?.serviceName}:10090` };
    }),
    'each pod is a founder',
  );
  const labels = spec?.template.metadata?.labels;
  t.same(spec?.selector.matchLabels, labels);
  const ports = container?.ports?.map(({ name, containerPort }) => [name, containerPort]);
  t.same(ports, [
    ['clients', 8090],
    ['peers', 10_090],
  ]);
  const services = manifests.filter(({ kind }) => kind === 'Service') as unknown as Service[];
  for (const service of services) {
    t.same(service.spec?.selector, labels, service.metadata?.name ?? '');
    for (const { targetPort, port } of service.spec?.ports ?? []) {
      t.ok(ports?.some(([name, number]) => name === targetPort && number === port));
    }
  }
  const heads = services.filter((service) => service.spec?.clusterIP === 'None');
  t.same(
    heads.map((service) => service.metadata?.name),
    [spec?.serviceName],
    'one headless service, of the set',
  );
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    t.match(container?.[probe]?.httpGet?.path, /^\/(?:healthz|readyz)$/, probe);
  }
  checkVariables([...env.keys()]);
});

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly environment?: Readonly<Record<string, string>>;
        readonly ports?: readonly string[];
        readonly volumes?: readonly string[];
      }
    >
  >;
  readonly volumes: Readonly<Record<string, null>>;
}

t.test('compose.yaml names what is there', async (t) => {
  const compose = parse(read('compose.yaml'), { merge: true }) as Compose;
  const targets = parse(read('compose-targets.yml')) as readonly { readonly targets: string[] }[];
  const nodes = Object.entries(compose.services).filter(([name]) => /^n\d$/.test(name));
  t.equal(nodes.length, 3);
  for (const [name, { environment = {} }] of nodes) {
    t.equal(environment['QUORATE_NODE_ID'], name);
    const founders = parseFounders(environment['QUORATE_NODE_INITIAL_CLUSTER'] ?? '');
    t.ok(founders.some(({ id, address }) => id === name && address === `${name}:10090`));
    const listen = environment['QUORATE_NODE_LISTEN'] ?? '';
    t.ok(
      targets.some((one) => one.targets.includes(listen)),
      `Prometheus asks ${listen}`,
    );
    t.ok(environment['QUORATE_HTTP_HOST_NAMES']?.split(',').includes(name), 'by its name');
    checkVariables(Object.keys(environment));
  }
  const published = Object.values(compose.services).flatMap(({ ports = [] }) => ports);
  t.ok(published.includes('127.0.0.1:9090:9090') && published.includes('127.0.0.1:3000:3000'));
  t.same(
    published.filter((port) => !port.startsWith('127.0.0.1:')),
    [],
    'nothing beyond this machine: there are no credentials',
  );
  for (const { volumes = [] } of Object.values(compose.services)) {
    for (const source of volumes.map((volume) => volume.split(':')[0] ?? '')) {
      const isThere = source.startsWith('.')
        ? existsSync(join(DEPLOY, source))
        : source in compose.volumes;
      t.ok(isThere, source);
    }
  }
});

/** Variables that no setting has would be ignored. */
function checkVariables(names: readonly string[]): void {
  const known = new Set(SETTING_LIST.map(({ variable }) => variable));
  t.same(
    names.filter((name) => !known.has(name)),
    [],
    'each variable is a setting',
  );
}
