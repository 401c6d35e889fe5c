/** The course of a list: golden transcripts, and laws over any order of answers and failures. */
import fc from 'fast-check';
import t from 'tap';
import { ListCore } from '../../../lib/coordination/list/list-core.js';
import type { ReportedPage, ListEffect } from '../../../lib/coordination/list/list-effects.js';
import { parseLevel } from '../../../lib/coordination/request/level.js';
import { compareUtf8 } from '../../../lib/encoding/utf8-order.js';
import { Plan } from '../../../lib/replication/plan.js';
import { ALL_STAND, type Standing } from '../../../lib/replication/quorum.js';
import { errorText, type Player, playAll } from './transcript.js';

const DEAD = Uint8Array.of(0);
const LIVE = Uint8Array.of(1);

/** `abc|bcd! at quorum limit=2 after=k`: owners of each partition, `!` the one before is down. */
function coreOf(head: string, standing: Standing = ALL_STAND): ListCore {
  const [owners = '', rest = ''] = head.split(' at ');
  const [level = '', ...flags] = rest.split(' ');
  const flag = (name: string): string | undefined =>
    flags.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  const partitions = owners.split('|').map((names, partition) => {
    const all = [...names.matchAll(/(\w)(!?)/g)].map(([, node = '', down]) => ({
      ...{ node, zone: 'z', up: down === '' },
    }));
    const order = all.filter(({ up }) => up).map(({ node }) => node);
    const plan = new Plan({
      ...{ partition, epoch: 1, sets: [all], order, standIns: [], self: 'a', zone: 'z' },
    });
    const { quorum } = plan.under(parseLevel(level, 'read'));
    return { partition, plan, quorum, standing };
  });
  return new ListCore({
    ...{ partitions, after: flag('after') ?? '', limit: Number(flag('limit') ?? 3) },
    timeoutMilliseconds: 1000,
    patience: () => 50,
    partitionOf: (key) => Number(key.at(-1) ?? 0) % partitions.length,
    isLive: (_, states) => states.some((state) => state[0] === 1),
  });
}

function textOfEffect(effect: ListEffect): string {
  switch (effect.do) {
    case 'ask': {
      const { ask, node, after, limit, partitions } = effect;
      const behind = after === '' ? '' : ` behind ${after}`;
      return `ask ${node}: ${limit} of ${partitions.join(' ')}${behind} (${ask})`;
    }
    case 'count hedges':
      return `hedge ${effect.count}`;
    case 'answer': {
      const { keys, reached, answered } = effect.page;
      const shown = keys.map(({ key, isOpen }) => (isOpen ? `${key}?` : key)).join(' ');
      const more = reached === undefined ? 'the end' : `more behind ${reached}`;
      return `answer ${shown === '' ? 'nothing' : shown}; ${more}; ${answered} answered`;
    }
    case 'refuse':
      return `refuse: ${errorText(effect.error)}`;
  }
}

/** `k1 k2! k3~ >k4`: plain, deleted, with an end; all up to k4 is named; without it: all. */
function pageOf(words: readonly string[]): ReportedPage {
  const reached = words.find((word) => word.startsWith('>'))?.slice(1);
  const obstructed = words.flatMap((word) => (word.startsWith('#') ? Number(word.slice(1)) : []));
  const keys = words
    .filter((word) => /^\w/.test(word))
    .map((word) => {
      const state = word.endsWith('!') ? DEAD : word.endsWith('~') ? LIVE : undefined;
      return { key: word.replace(/[!~]/, ''), state };
    });
  return { keys, reached, obstructed, start: 1 };
}

function playerOf(head: string): Player {
  const core = coreOf(head);
  const done: Record<string, (words: readonly string[]) => readonly ListEffect[]> = {
    begin: () => core.begin(),
    // > said ASK KEYS... >REACHED #OBSTRUCTED
    said: ([ask = '', ...words]) => core.said(Number(ask), pageOf(words)),
    failed: ([ask = '']) => core.failed(Number(ask)),
    at: ([milliseconds = '']) => {
      core.now = Number(milliseconds);
      return core.now >= core.wakesAt ? core.elapsed() : [];
    },
  };
  return ([event = '', ...words]) => {
    const said = (done[event]?.(words) ?? []).map(textOfEffect);
    return core.isDone ? [...said, 'done'] : said;
  };
}

t.test('golden transcripts', async (t) => {
  playAll(t, 'list', playerOf);
});

const NODES = ['a', 'b', 'c', 'd', 'e'];
const KEYS = Array.from({ length: 24 }, (_, i) => `k${String.fromCharCode(97 + i)}`);

interface Cluster {
  /** Of each partition, three owners. */
  readonly owners: readonly (readonly string[])[];
  /** By key: its partition, and who holds it; undefined of an owner: not there. */
  readonly holds: ReadonlyMap<string, ReadonlyMap<string, 'plain' | 'dead'>>;
  readonly partitionOf: (key: string) => number;
}

const anyCluster = fc
  .record({
    owners: fc.array(fc.shuffledSubarray(NODES, { minLength: 3, maxLength: 3 }), {
      ...{ minLength: 1, maxLength: 4 },
    }),
    places: fc.array(fc.nat(), { minLength: KEYS.length, maxLength: KEYS.length }),
    states: fc.array(
      fc.array(fc.constantFrom('plain', 'plain', 'dead', undefined), {
        ...{ minLength: 3, maxLength: 3 },
      }),
      { minLength: KEYS.length, maxLength: KEYS.length },
    ),
  })
  .map(({ owners, places, states }): Cluster => {
    const partitionOf = (key: string) => (places[KEYS.indexOf(key)] ?? 0) % owners.length;
    const holds = new Map(
      KEYS.map((key, i) => {
        const held = (owners[partitionOf(key)] ?? []).flatMap((node, j) => {
          const state = states[i]?.[j] as 'plain' | 'dead' | undefined;
          return state === undefined ? [] : [[node, state] as const];
        });
        return [key, new Map(held)];
      }),
    );
    return { owners, holds, partitionOf };
  });

/** What a node tells: pages of up to `limit` keys of these partitions. */
function tell(cluster: Cluster, node: string, effect: ListEffect & { do: 'ask' }): ReportedPage {
  const { holds, partitionOf } = cluster;
  const own = KEYS.filter((key) => {
    const isAsked = effect.partitions.includes(partitionOf(key));
    return isAsked && key > effect.after && holds.get(key)?.has(node) === true;
  });
  const page = own.slice(0, effect.limit);
  const keys = page.map((key) => {
    return { key, state: holds.get(key)?.get(node) === 'dead' ? DEAD : undefined };
  });
  return {
    keys,
    reached: own.length > page.length ? page.at(-1) : undefined,
    obstructed: [],
    start: 1,
  };
}

/** Plays one page; answers come in an order that chance gives, some fail, some are late. */
function play(cluster: Cluster, core: ListCore, choices: readonly number[]): ListEffect[] {
  const effects: ListEffect[] = [];
  let open: (ListEffect & { do: 'ask' })[] = [];
  const take = (said: readonly ListEffect[]): void => {
    effects.push(...said);
    open.push(...said.flatMap((effect) => (effect.do === 'ask' ? [effect] : [])));
  };
  take(core.begin());
  for (let i = 0; !core.isDone && i < 500; i += 1) {
    const choice = choices[i % choices.length] ?? 0;
    const next = open[choice % Math.max(1, open.length)];
    if (next === undefined || choice % 11 === 0) {
      core.now += 50;
      take(core.now >= core.wakesAt ? core.elapsed() : []);
    } else {
      open = open.filter((one) => one !== next);
      const isFailed = choice % 7 === 0;
      take(isFailed ? core.failed(next.ask) : core.said(next.ask, tell(cluster, next.node, next)));
    }
  }
  return effects;
}

/** Page after page; undefined: one was refused. */
function listAll(
  cluster: Cluster,
  level: string,
  limit: number,
  choices: readonly number[],
): string[] | undefined {
  const shown: string[] = [];
  let after = '';
  for (let page = 0; page < 60; page += 1) {
    const head = `${cluster.owners.map((nodes) => nodes.join('')).join('|')} at ${level}`;
    const core = coreOf(`${head} limit=${limit} after=${after}`);
    const turned = choices.map((choice) => choice + page);
    const last = play(cluster, core, turned).at(-1);
    if (last?.do !== 'answer') return undefined;
    const { keys, reached } = last.page;
    if (keys.length > limit) throw new Error('a page has too many keys');
    if (keys.some(({ key }) => reached !== undefined && key > reached)) {
      throw new Error('a page shows what lies behind its end');
    }
    shown.push(...keys.map(({ key }) => key));
    if (reached === undefined) return shown;
    if (compareUtf8(reached, after) <= 0) throw new Error('a page goes nowhere');
    after = reached;
  }
  throw new Error('the list has no end');
}

/** Whether a key must be shown, must not, or may: by how many of its owners hold it. */
function isRight(cluster: Cluster, level: string, key: string, isShown: boolean): boolean {
  const states = [...(cluster.holds.get(key)?.values() ?? [])];
  const plain = states.filter((state) => state === 'plain').length;
  if (plain === 0) return !isShown;
  return isShown || plain < { one: 3, quorum: 2, all: 1 }[level as 'one'];
}

t.test('laws: in order, each once, nothing that no node holds, nothing left out', async (t) => {
  let lists = 0;
  fc.assert(
    fc.property(
      anyCluster,
      fc.constantFrom('one', 'quorum', 'all'),
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.nat({ max: 10_000 }), { minLength: 20, maxLength: 60 }),
      (cluster, level, limit, choices) => {
        const shown = listAll(cluster, level, limit, choices);
        if (shown === undefined) return true;
        lists += 1;
        const isSorted = shown.every((key, i) => i === 0 || key > (shown[i - 1] ?? ''));
        return isSorted && KEYS.every((key) => isRight(cluster, level, key, shown.includes(key)));
      },
    ),
    { numRuns: 5_000 },
  );
  t.ok(lists > 1_000, `${lists} lists came to their end`);
});

t.test('what was said before a loss is asked anew, of others', async (t) => {
  let lost = false;
  const standing = { stands: (node: string) => !(lost && node === 'a'), struck: () => undefined };
  const core = coreOf('abc at quorum limit=2', standing);
  const asked = (effects: readonly ListEffect[]) => effects.map(textOfEffect);
  t.strictSame(asked(core.begin()), ['ask a: 2 of 0 (0)', 'ask b: 2 of 0 (1)']);
  t.strictSame(core.said(0, pageOf(['k1'])), []);
  lost = true;
  t.strictSame(asked(core.said(1, pageOf(['k1', 'k2']))), ['ask c: 2 of 0 (2)']);
  t.strictSame(asked(core.said(2, pageOf(['k2']))), ['answer k1 k2; the end; 3 answered']);
});

function lossOf(node: string): { readonly standing: Standing; lose(): void } {
  let lost = false;
  const stands = (of: string, start: number) => !(lost && of === node && start < 2);
  return {
    standing: { stands, struck: () => undefined },
    lose: () => {
      lost = true;
    },
  };
}

t.test('what a struck node has named is not shown', async (t) => {
  const { standing, lose } = lossOf('a');
  const core = coreOf('abc at quorum limit=2', standing);
  core.begin();
  t.strictSame(core.said(0, pageOf(['k0'])), []);
  lose();
  core.said(1, pageOf([]));
  t.strictSame(core.said(2, pageOf([])).map(textOfEffect), ['answer nothing; the end; 3 answered']);
});

t.test('nor what it said first, once it vouches for nothing and tells its loss', async (t) => {
  const { standing, lose } = lossOf('a');
  const core = coreOf('abc at quorum limit=2', standing);
  core.begin();
  core.said(0, pageOf(['k0', '>k0']));
  core.said(1, pageOf(['>k00']));
  lose();
  const asked = core.said(2, { ...pageOf(['#0']), start: 2 }).map(textOfEffect);
  t.strictSame(asked, ['ask c: 2 of 0 (3)']);
  core.said(3, pageOf([]));
  t.not(core.isDone, true);
});

t.test('nor at the deadline, where nothing else came in between', async (t) => {
  const { standing, lose } = lossOf('a');
  const core = coreOf('abc at quorum limit=2', standing);
  core.begin();
  core.said(0, pageOf(['k0', '>k0']));
  core.said(1, pageOf(['>k00']));
  lose();
  core.now = 1000;
  t.match(core.elapsed().map(textOfEffect), [/^refuse: /]);
});

t.test('keys of a partition for which a node vouches for nothing are not taken', async (t) => {
  const core = coreOf('abc|abc at quorum limit=3');
  core.begin();
  core.said(0, pageOf(['k1', 'k2', '#1']));
  core.said(1, pageOf(['k2']));
  t.strictSame(core.said(2, pageOf([])).map(textOfEffect), ['answer k2; the end; 3 answered']);
});
