/** One node as its clients reach it: over kept connections, with patience of a few seconds. */
import { type Dispatcher, Pool } from 'undici';
import type { HttpAnswer, HttpRequest } from '../simulation/http-answers.js';
import { REFUSED_CONNECTION } from '../simulation/kv-answer.js';

const CONNECTIONS = 64;
/** Longer than any deadline that a request names. */
const PATIENCE_MILLISECONDS = 4000;
const CONNECT_MILLISECONDS = 1000;

export class Endpoint {
  readonly #pool: Pool;

  constructor(url: string) {
    this.#pool = new Pool(url, {
      ...{ connections: CONNECTIONS, connect: { timeout: CONNECT_MILLISECONDS } },
      ...{ headersTimeout: PATIENCE_MILLISECONDS, bodyTimeout: PATIENCE_MILLISECONDS },
    });
  }

  /** Undefined: there was no answer, and nobody knows what happened. */
  async ask({ method, path, headers, body }: HttpRequest): Promise<HttpAnswer | undefined> {
    const verb = method as Dispatcher.HttpMethod;
    try {
      const answer = await this.#pool.request({ method: verb, path, headers, body: body ?? null });
      const bytes = Buffer.from(await answer.body.arrayBuffer());
      const answered = Object.entries(answer.headers).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value] as const] : [],
      );
      return { status: answer.statusCode, headers: new Map(answered), body: bytes };
    } catch (error) {
      return isUnsent(error) ? REFUSED_CONNECTION : undefined;
    }
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}

/** Before there is a connection nothing is sent. */
function isUnsent(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNREFUSED' || code === 'UND_ERR_CONNECT_TIMEOUT';
}
