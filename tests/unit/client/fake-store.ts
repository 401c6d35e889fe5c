/** One key over a fake transport, with contexts and siblings as the store has them. */
import type { HttpAnswer, HttpRequest } from '../../../lib/client/client.js';
import { answerOf, type FakeNode, problemOf } from './fake-transport.js';

interface Version {
  readonly dot: number;
  readonly text: string;
}

export class FakeStore {
  #versions: readonly Version[] = [];
  #dot = 0;
  /** Runs before each write is done: somebody else is faster. */
  beforeWrite: (request: HttpRequest) => void = () => undefined;

  get values(): unknown[] {
    return this.#versions.map(({ text }) => JSON.parse(text));
  }

  readonly node: FakeNode = (request) =>
    request.method === 'GET' ? this.#read() : this.#answerWrite(request);

  /** @param seen the dots that it replaces; undefined: all */
  write(text: string, seen?: readonly number[]): Version {
    const left = this.#versions.filter(({ dot }) => seen !== undefined && !seen.includes(dot));
    this.#dot += 1;
    const version = { dot: this.#dot, text };
    this.#versions = [...left, version];
    return version;
  }

  #read(): HttpAnswer {
    const context = this.#versions.map(({ dot }) => dot).join('.') || 'none';
    const [first, second] = this.#versions;
    if (first === undefined) {
      return problemOf(404, 'not_found', { retryable: false }, { 'x-causal-context': context });
    }
    const rows = this.#versions.map(({ dot, text }) => {
      return `{"value":${text},"version":"v${dot}","written_at":"w","written_by":"n1"}`;
    });
    if (second === undefined) {
      return answerOf(200, `${rows[0]?.slice(0, -1)},"context":"${context}"}`);
    }
    const head = '"code":"siblings","detail":"","outcome":"none","retryable":false';
    return answerOf(409, `{${head},"context":"${context}","siblings":[${rows.join(',')}]}`);
  }

  #answerWrite(request: HttpRequest): HttpAnswer {
    this.beforeWrite(request);
    const { headers } = request;
    const body = JSON.parse(String(request.body)) as { readonly value: unknown; context?: string };
    const context = headers['x-causal-context'] ?? body.context;
    const match = headers['if-match'];
    const [only] = this.#versions;
    const isThere = this.#versions.length === 1 && match === `"v${only?.dot}"`;
    const isWrong = match === undefined ? false : !isThere;
    if (isWrong || (headers['if-none-match'] === '*' && only !== undefined)) {
      return problemOf(412, 'precondition_failed', { retryable: false });
    }
    const seen = context?.split('.').map(Number);
    const { dot } = this.write(JSON.stringify(body.value), seen);
    return answerOf(200, { version: `v${dot}`, context: `${dot}`, replaced: [] });
  }
}
