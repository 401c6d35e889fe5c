/** Session tokens carried across a cut: no side shows less than was seen, and says so. */
import t from 'tap';
import type { SessionToken } from '../../lib/versioning/session-token.js';
import { LocalCluster, outcomeOf, PATIENT } from './local-cluster.js';

const ids = ['n1', 'n2', 'n3'];
const KEYS = 12;
const keys = Array.from({ length: KEYS }, (_, n) => `key ${n}`);
const READ = { namespace: 'default', fallbacks: [], timeoutMilliseconds: 3000 } as const;
const WRITE = { ...READ, context: undefined, durability: 'sync' } as const;

t.test('a token that is carried across a cut', async (t) => {
  const cluster = await LocalCluster.start(ids, { limits: PATIENT });
  t.teardown(() => cluster.stop());
  const at = (id: string) => cluster.node(id).coordination;
  /** Each key written at `session`, and what its writer has seen, as a client carries it. */
  const writeAll = async (id: string, text: string): Promise<string> => {
    const tokens: SessionToken[] = [];
    for (const key of keys) {
      const value = Buffer.from(text);
      const typed = { state: 'value', contentType: 'text/plain' } as const;
      const change = { ...typed, value, ttlSeconds: undefined };
      const { session } = await at(id).put({ ...WRITE, key, level: 'session', change });
      if (session !== undefined) tokens.push(session);
    }
    return at(id).sessionText(tokens);
  };
  const read = async (id: string, key: string, level: string, token: string) => {
    const session = at(id).openSession(token);
    const { siblings } = await at(id).get({ ...READ, key, level, session });
    return siblings.map(({ value }) => Buffer.from(value).toString()).sort();
  };
  const outcomes = async (id: string, level: string, token: string): Promise<string[]> => {
    const all = await Promise.all(keys.map((key) => outcomeOf(read(id, key, level, token))));
    return [...new Set(all)].sort();
  };

  for (const key of keys) await cluster.put('n1', key, 'old', 'all');
  await cluster.cutApart([['n3'], ['n1', 'n2']]);
  const left = await writeAll('n1', 'left');
  const right = await writeAll('n3', 'right');
  const both = `${left}, ${right}`;

  for (const level of ['one', 'session', 'eventual']) {
    t.strictSame(await outcomes('n2', level, left), ['ok'], `its own side, ${level}`);
    t.strictSame(await outcomes('n3', level, right), ['ok'], `its own side, ${level}`);
    for (const [id, token] of [
      ['n3', left],
      ['n1', right],
      ['n2', both],
      ['n3', both],
    ] as const) {
      const outcome = await outcomes(id, level, token);
      t.strictSame(outcome, ['session_not_covered/none'], `${id} at ${level}`);
    }
  }
  for (const key of keys) {
    t.strictSame(await read('n2', key, 'one', left), ['left']);
    t.strictSame(await read('n3', key, 'one', right), ['right']);
  }

  cluster.heal();
  await cluster.untilSeen(ids, ids);
  for (const id of ids) {
    for (const key of keys) t.strictSame(await read(id, key, 'one', both), ['left', 'right'], id);
  }
});
