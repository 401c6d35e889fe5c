/** Many large values at once at one node, small gets beside them, and what memory that takes. */
import { Agent, request } from 'node:http';

const LARGE_BYTES = 1024 * 1024;
const SMALL_KEY = 'small';
const TIMEOUT = '60s';

export interface LargeResult {
  /** How often each status came, of the large ones. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Milliseconds of each, of the large ones and of small gets meanwhile. */
  readonly large: readonly number[];
  readonly small: readonly number[];
  /** Answers to small gets other than 200. */
  readonly smallFailures: number;
  /** The most that was seen of heap and buffers together on the node, in bytes. */
  readonly memoryBytes: number;
}

interface Answer {
  readonly status: number;
  readonly milliseconds: number;
  readonly body: Buffer;
}

export class LargeLoad {
  readonly #endpoint: string;
  readonly #count: number;
  readonly #agent: Agent;

  constructor(endpoint: string, count: number) {
    this.#endpoint = endpoint;
    this.#count = count;
    this.#agent = new Agent({ keepAlive: true, maxSockets: count + 8 });
  }

  /** Values of JSON, or bytes as they are. */
  put(json: boolean): Promise<LargeResult> {
    const text = 'v'.repeat(LARGE_BYTES - 2);
    const body = json ? Buffer.from(`{"value":"${text}"}`) : Buffer.alloc(LARGE_BYTES, 'v');
    const type = json ? 'application/json' : 'application/octet-stream';
    return this.#run('PUT', { 'Content-Type': type, 'Content-Length': body.length }, body);
  }

  /** @throws Error where an answer is shorter than what was put */
  get(): Promise<LargeResult> {
    return this.#run('GET', {});
  }

  close(): void {
    this.#agent.destroy();
  }

  async #run(
    method: string,
    headers: Readonly<Record<string, string | number>>,
    body?: Buffer,
  ): Promise<LargeResult> {
    const put = { 'Content-Type': 'text/plain', 'Content-Length': 5 };
    await this.#ask('PUT', `/api/v1/kv/${SMALL_KEY}`, put, Buffer.from('small'));
    const beside = { on: true, small: [] as number[], smallFailures: 0, memoryBytes: 0 };
    const others = [this.#smallGets(beside), this.#watchMemory(beside)];
    const answers = await Promise.all(
      Array.from({ length: this.#count }, (_, i) =>
        this.#ask(method, `/api/v1/kv/large-${i}`, headers, body),
      ),
    );
    beside.on = false;
    await Promise.all(others);
    const statuses = new Map<number, number>();
    for (const { status, body } of answers) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (method === 'GET' && status === 200 && body.length < LARGE_BYTES) {
        throw new Error(`only ${body.length} bytes came back`);
      }
    }
    const { small, smallFailures, memoryBytes } = beside;
    const large = answers.map(({ milliseconds }) => milliseconds);
    return { statuses, large, small, smallFailures, memoryBytes };
  }

  async #smallGets(beside: { on: boolean; small: number[]; smallFailures: number }): Promise<void> {
    while (beside.on) {
      const { status, milliseconds } = await this.#ask('GET', `/api/v1/kv/${SMALL_KEY}`);
      beside.small.push(milliseconds);
      if (status !== 200) beside.smallFailures += 1;
    }
  }

  async #watchMemory(beside: { on: boolean; memoryBytes: number }): Promise<void> {
    while (beside.on) {
      const text = (await this.#ask('GET', '/metrics')).body.toString('utf8');
      const of = (name: string): number =>
        Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
      const bytes = of('nodejs_heap_size_used_bytes') + of('nodejs_external_memory_bytes');
      if (Number.isNaN(bytes)) throw new Error('the node does not tell its memory');
      beside.memoryBytes = Math.max(beside.memoryBytes, bytes);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  #ask(
    method: string,
    path: string,
    headers: Readonly<Record<string, string | number>> = {},
    body?: Buffer,
  ): Promise<Answer> {
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const timeout = path.startsWith('/api') ? { 'X-Timeout': TIMEOUT } : {};
      const options = { method, agent: this.#agent, headers: { ...timeout, ...headers } };
      const sent = request(`${this.#endpoint}${path}`, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const milliseconds = performance.now() - startedAt;
          const { statusCode: status = 0 } = response;
          resolve({ status, milliseconds, body: Buffer.concat(chunks) });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
