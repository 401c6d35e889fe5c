/** Gets of keys that have siblings. */
import { ask, hangUp } from './ask.js';
import type { CostContext, CostFigure } from './cost-figures.js';
import { measurePoint } from './cost-figures.js';
import { sendOnce } from './open-load.js';
import { startQuorate } from './systems/quorate.js';
import type { Work } from './system.js';

const KEYS = 100;
const CONNECTIONS = 66;
const VALUE = 'z'.repeat(98);
const HEADERS = { 'Content-Type': 'application/json', 'X-Consistency-Level': 'quorum' };

const LIST: Work = {
  headers: { 'X-Consistency-Level': 'quorum' },
  request: (key) => ({ method: 'GET', path: `/api/v1/kv/${key}?siblings=list` }),
  valueIn: undefined,
  writes: false,
};

/** Writes that have all seen the same first one, and not each other, stay side by side. */
export async function measureSiblings(
  points: readonly number[],
  context: CostContext,
): Promise<CostFigure[]> {
  const system = await startQuorate({ nodes: 3, dataDir: context.directory });
  try {
    const contexts = new Map<number, string>();
    const put = (key: number, seen?: string) => ({
      method: 'PUT' as const,
      path: `/api/v1/kv/siblings-${key}`,
      headers: HEADERS,
      body: JSON.stringify({ value: VALUE, ...(seen === undefined ? {} : { context: seen }) }),
      keepBody: true,
    });
    const common = { endpoints: system.endpoints, connections: CONNECTIONS };
    await sendOnce({
      ...{ ...common, count: KEYS, request: (key) => put(key) },
      onAnswer: ({ n, body = '{}' }) => {
        contexts.set(n, (JSON.parse(body) as { readonly context: string }).context);
      },
    });
    const figures: CostFigure[] = [];
    let written = 0;
    for (const x of points) {
      const request = (n: number) => put(n % KEYS, contexts.get(n % KEYS));
      await sendOnce({ ...common, count: (x - written) * KEYS, request });
      written = x;
      const { body } = await ask(system.endpoints[0] ?? '', LIST, 'siblings-0', '');
      const { siblings } = JSON.parse(body) as { readonly siblings: readonly unknown[] };
      if (siblings.length !== x) throw new Error(`${siblings.length} siblings, not ${x}`);
      const requests = Array.from({ length: KEYS }, (_, key) =>
        LIST.request(`siblings-${key}`, VALUE),
      );
      const point = { system, x, connections: CONNECTIONS, work: LIST, name: 'get quorum, list' };
      figures.push(await measurePoint({ ...point, requests: () => requests }, context));
    }
    return figures;
  } finally {
    hangUp();
    await system.stop();
  }
}
