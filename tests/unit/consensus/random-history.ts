/** One random history of the small world, from a seed: what was found wrong in it. */
import { dotText } from '../../../lib/versioning/dot.js';
import { fingerprint } from '../../../lib/versioning/siblings.js';
import { dotOf, nameOf } from './ledger.js';
import { collect, crash, exchangeAll, expire, lose } from './upkeep.js';
import { KEYS, type Message, World } from './world.js';
import type { Disk, WorldNode } from './world-node.js';

export interface Weather {
  /** Owners. */
  readonly size: number;
  readonly steps: number;
  readonly damage: 'none' | 'lost' | 'rolled back';
  /** One node is cut off at times. */
  readonly cuts: boolean;
  /** More expiry, plain copies, crashes, take-overs. */
  readonly isHot: boolean;
}

export interface Outcome {
  readonly findings: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
}

const KEPT_MAX = 40;

/** What may come twice, and very late. */
function mayComeLate({ what }: Message): boolean {
  return what.is === 'copy' || (what.is === 'request' && what.request.is !== 'check');
}

interface Run {
  readonly world: World;
  readonly weather: Weather;
  readonly oldDisks: Map<WorldNode, Disk[]>;
  hasBeenDamaged: boolean;
}

export function randomHistory(seed: number, weather: Weather): Outcome {
  const world = new World(seed, weather.size);
  const run = { world, weather, oldDisks: new Map<WorldNode, Disk[]>(), hasBeenDamaged: false };
  const [first] = world.nodes;
  if (first !== undefined && world.random.chance(0.7)) {
    world.takeOver(first);
    world.drain();
  }
  for (let step = 0; step < weather.steps; step += 1) act(run);
  calm(world);
  return { findings: world.ledger.findings, counts: world.counts };
}

type Act = (run: Run, node: WorldNode, key: string) => void;

/** What may happen next; each up to its number. */
const ACTS: readonly (readonly [number, Act])[] = [
  [0.62, ({ world }) => deliverOne(world)],
  [0.69, ({ world }, node, key) => startStrong(world, node, key)],
  [0.84, (run, node) => syncOne(run, node)],
  [0.862, ({ world }, node, key) => startPlain(world, node, key)],
  [0.88, ({ world }, node, key) => startQuorumRead(world, node, key)],
  [0.89, ({ world }, node, key) => expire(world, node, key)],
  [0.925, ({ world }, node, key) => copyOne(world, node, key)],
  [0.94, ({ world }) => exchangeAndCollect(world)],
  [0.95, ({ world }, node) => tidy(world, node)],
  [0.953, ({ world }, node) => world.takeOver(node, world.random.chance(0.5))],
  [0.968, ({ world }, node) => crash(world, node)],
  [0.978, ({ world }, node, key) => world.shown.set(key, node.records.get(key))],
  [0.985, (run, node, key) => damageOne(run, node, key)],
];

/** What happens more often where everything does. */
const HOT = [0.885, 0.885, 0.9, 0.9, 0.96, 0.96, 0.951, 0.93] as const;

function act(run: Run): void {
  const { world, weather } = run;
  const { random } = world;
  if (weather.cuts && random.chance(0.012)) {
    changeCut(world);
    return;
  }
  const isHot = weather.isHot && random.chance(0.06);
  const chance = isHot ? random.pick(HOT) : random.fraction();
  const node = random.pick(world.nodes);
  const key = random.chance(0.7) ? KEYS[0] : KEYS[1];
  ACTS.find(([below]) => chance < below)?.[1](run, node, key);
}

function exchangeAndCollect(world: World): void {
  exchangeAll(world);
  if (world.random.chance(0.7)) for (const node of world.nodes) collect(world, node);
}

function tidy(world: World, node: WorldNode): void {
  collect(world, node);
  if (node.rebuilding !== undefined) return;
  const { proposer } = node;
  node.perform(world.random.chance(0.5) ? proposer.repeat() : proposer.sendUnsent());
}

function changeCut(world: World): void {
  world.cut = world.cut === undefined ? world.random.pick(world.nodes).name : undefined;
  if (world.cut !== undefined) world.messages = world.messages.filter(({ to }) => to !== world.cut);
}

function deliverOne(world: World): void {
  const { random, messages, kept } = world;
  if (messages.length === 0) return;
  const place = random.below(Math.min(messages.length, 14));
  const message = messages[place];
  if (message === undefined) return;
  const chance = random.fraction();
  if (chance > 0.1 || message.what.is === 'forward') messages.splice(place, 1);
  if (kept.length < KEPT_MAX && mayComeLate(message) && random.chance(0.15)) kept.push(message);
  if (chance > 0.1 && chance < 0.17) return;
  world.deliver(message);
}

function startStrong(world: World, node: WorldNode, key: string): void {
  const chance = world.random.fraction();
  if (chance < 0.36) world.strong('read', key, node);
  else if (chance < 0.58) world.strong('put', key, node);
  else if (chance < 0.9) world.strong('compare', key, node);
  else world.strong('delete', key, node);
}

function syncOne({ world, oldDisks }: Run, node: WorldNode): void {
  node.sync();
  if (world.random.chance(0.2)) {
    oldDisks.set(node, [...(oldDisks.get(node) ?? []), node.disk]);
  }
  if (world.random.chance(0.4)) node.persistClock();
}

function startPlain(world: World, node: WorldNode, key: string): void {
  const { random } = world;
  const seen = random.chance(0.6) ? node.records.get(key) : world.shown.get(key);
  const isQuorum = random.chance(0.6);
  world.plain.write(node, key, seen, { isQuorum, isDelete: random.chance(0.25) });
}

function startQuorumRead(world: World, node: WorldNode, key: string): void {
  const isWriter = world.random.chance(0.5);
  world.plain.read(key, (state) => {
    const isDelete = world.random.chance(0.25);
    if (isWriter) world.plain.write(node, key, state, { isQuorum: true, isDelete });
  });
}

function copyOne(world: World, node: WorldNode, key: string): void {
  const state = node.records.get(key);
  const to = world.random.pick(world.othersOf(node));
  if (state !== undefined && node.rebuilding === undefined) {
    world.send(node, to.name, { is: 'copy', key, state });
  }
}

function damageOne(run: Run, node: WorldNode, key: string): void {
  const { world, weather, oldDisks } = run;
  if (weather.damage === 'none' || run.hasBeenDamaged || world.ledger.entries.length < 4) {
    if (node.rebuilding !== undefined) exchangeAll(world);
    return;
  }
  run.hasBeenDamaged = true;
  if (weather.damage === 'lost') {
    lose(world, node, key);
    return;
  }
  const disks = oldDisks.get(node) ?? [];
  if (disks.length > 0) crash(world, node, world.random.pick(disks));
}

/** Everything heals; then each node takes over in turn, and reads. */
export function calm(world: World): void {
  const { random, ledger } = world;
  world.isCalm = true;
  world.cut = undefined;
  if (random.chance(0.5)) world.messages = world.messages.filter(() => random.chance(0.5));
  exchangeAll(world);
  exchangeAll(world);
  exchangeAll(world);
  world.drain();
  let last = new Map<string, readonly string[]>();
  world.nodes.forEach((node, place) => {
    if (place === world.nodes.length - 1) {
      // Late copies of everything.
      world.messages.push(...world.kept);
      world.drain();
    }
    last = readAll(world, node);
    exchangeAll(world);
    world.drain();
    for (const one of world.nodes) {
      collect(world, one);
      one.sync();
    }
  });
  for (const key of KEYS) judgeEnd(world, key, last.get(key) ?? []);
  ledger.judge(KEYS);
}

function readAll(world: World, node: WorldNode): Map<string, readonly string[]> {
  const { ledger } = world;
  for (let tries = 0; tries < 6; tries += 1) {
    if (tries > 0 && node.proposer.phase === 'active') break;
    world.takeOver(node, true);
    world.drain();
  }
  const found = new Map<string, readonly string[]>();
  for (const key of KEYS) {
    const { entry, operation } = world.begin('read', key);
    node.perform(node.proposer.submit(operation));
    world.drain();
    if (entry.outcome === undefined) ledger.find('stuck', entry);
    found.set(key, entry.live ?? []);
  }
  return found;
}

function judgeEnd({ nodes, ledger }: World, key: string, last: readonly string[]): void {
  const [first] = nodes;
  const record = first?.records.get(key);
  const isAlike = nodes.every((node) => fingerprint(node.records.get(key)) === fingerprint(record));
  const live = ledger.liveOf(record).sort();
  const values = nodes.map((node) => ledger.liveOf(node.records.get(key)).sort().join());
  if (!isAlike && new Set(values).size > 1) ledger.findings.push(`replicas differ ${key}`);
  // A plain write that nobody acknowledged may surface now.
  const weak = ledger.entries
    .filter((entry) => entry.key === key && entry.outcome === undefined)
    .filter(({ kind }) => kind === 'plain' || kind === 'expiry')
    .flatMap((entry) => [nameOf(entry), ...(entry.removes ?? [])]);
  const changed = [
    ...live.filter((one) => !last.includes(one)),
    ...last.filter((one) => !live.includes(one)),
  ];
  if (changed.some((one) => !weak.includes(one)))
    ledger.findings.push(`changed after a read ${key}`);
  for (const [text, entry] of ledger.dots()) {
    const isRefused = entry.outcome === 'refused' || entry.outcome === 'none';
    if (entry.key !== key || !isRefused) continue;
    const isHeld = nodes.some((node) =>
      node.records.get(key)?.versions.some(({ dot }) => dotText(dot) === dotText(dotOf(text))),
    );
    if (isHeld) ledger.find('refused, and stored', entry);
    if (ledger.wasRead(text)) ledger.find('refused, and read', entry);
  }
}
