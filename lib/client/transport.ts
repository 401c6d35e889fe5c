/** How a request reaches a node: a port, and what browsers and Node.js have behind it. */
import { checkFunction } from './arguments.js';
import type { NamedKey } from './key-owners.js';

export interface HttpRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Path and query, encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Nothing is changed by it, though its method might: a dry run, or a batch of reads. */
  readonly isRead?: boolean;
  /** A read that may be asked at a second node too, where the first takes long. */
  readonly isHedged?: boolean;
  /** Of one key: its owners are asked first. */
  readonly place?: NamedKey;
}

/** Whatever becomes of it, nothing has happened, and it may be sent again. */
export function changesNothing({ method, isRead }: HttpRequest): boolean {
  return method === 'GET' || isRead === true;
}

export interface HttpAnswer {
  readonly kind: 'http';
  readonly status: number;
  /** By its name in small letters. */
  readonly header: (name: string) => string | undefined;
  readonly body: Uint8Array;
  /**
   * Set by the client, not by a transport: another attempt of the same request may have been
   * applied, and this answer need not speak of it.
   */
  readonly isAfterUnknown?: boolean;
}

/** Field by field: what a transport gives may be of a class. */
export function afterUnknown(answer: HttpAnswer): HttpAnswer {
  const { kind, status, body } = answer;
  return { kind, status, body, header: (name) => answer.header(name), isAfterUnknown: true };
}

/** No answer came. */
export interface Unanswered {
  readonly kind: 'unanswered';
  /** True where it is certain that the node has got nothing of the request. */
  readonly nothingSent: boolean;
  /** For people: `ECONNREFUSED`. */
  readonly reason: string;
}

export interface HttpTransport {
  /**
   * Sends it once, and follows no redirection.
   * @param signal ends it, at its deadline or because nobody needs it any more. Never rejects
   */
  send(
    endpoint: string,
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpAnswer | Unanswered>;
}

/** No connection was made, so nothing was asked. */
export const NOTHING_SENT: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** By `fetch`, which keeps connections for further requests. Browsers do not say why it failed. */
export class FetchTransport implements HttpTransport {
  readonly #fetch: typeof fetch;

  /** @param used another `fetch`: with an agent of its own, or watched */
  constructor(used: typeof fetch = fetch) {
    checkFunction(used, 'the fetch of a transport');
    this.#fetch = used;
  }

  async send(
    endpoint: string,
    { method, path, headers, body }: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpAnswer | Unanswered> {
    const send = this.#fetch;
    try {
      const response = await send(`${endpoint}${path}`, {
        ...{ method, headers, signal, redirect: 'manual' },
        // A copy: fetch takes no bytes of a memory that threads share.
        ...(body === undefined ? {} : { body: bodyOf(body) }),
      });
      const header = (name: string): string | undefined => response.headers.get(name) ?? undefined;
      const whole = new Uint8Array(await response.arrayBuffer());
      return { kind: 'http', status: response.status, header, body: whole };
    } catch (error) {
      const reason = reasonOf(error);
      return { kind: 'unanswered', nothingSent: NOTHING_SENT.has(reason), reason };
    }
  }
}

function bodyOf(body: Uint8Array | string): string | Uint8Array<ArrayBuffer> {
  return typeof body === 'string' ? body : new Uint8Array(body);
}

/** Node.js has it behind the error. */
function reasonOf(error: unknown): string {
  const { cause, name, message } = error as {
    readonly cause?: { readonly code?: unknown; readonly message?: unknown };
    readonly name?: unknown;
    readonly message?: unknown;
  };
  return String(cause?.code ?? cause?.message ?? (name === 'TypeError' ? message : name));
}
