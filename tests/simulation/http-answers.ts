/** Requests as the bytes of a client, and answers read from those of a node. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** By name, in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

const HEAD_END = '\r\n\r\n';
const NOTHING = Buffer.alloc(0);

export function bytesOf({ method, path, headers, body }: HttpRequest): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: simulated'];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  const content = Buffer.from(body ?? '', 'utf8');
  if (body !== undefined) lines.push(`Content-Length: ${content.length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}${HEAD_END}`, 'utf8'), content]);
}

/** Does the connection end with it? */
export function isLast({ headers }: HttpAnswer): boolean {
  return headers.get('connection')?.toLowerCase() === 'close';
}

/** Reads the answers of one connection, with a `Content-Length`, as a node sends all of them. */
export class AnswerReader {
  #bytes: Buffer = NOTHING;

  /** The next answer, where all of it has come; undefined: there is more to come. */
  take(bytes: Buffer, headOnly = false): HttpAnswer | undefined {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    const end = this.#bytes.indexOf(HEAD_END);
    if (end < 0) return undefined;
    const [first = '', ...lines] = this.#bytes.toString('latin1', 0, end).split('\r\n');
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    const length = headOnly ? 0 : Number(headers.get('content-length') ?? 0);
    if (Number.isNaN(length)) throw new Error(`not an answer: ${first}`);
    const behind = end + HEAD_END.length + length;
    if (this.#bytes.length < behind) return undefined;
    const body = this.#bytes.subarray(behind - length, behind);
    this.#bytes = this.#bytes.subarray(behind);
    return { status: Number(first.split(' ')[1]), headers, body };
  }

  /** Is there something that is no whole answer? */
  get hasMore(): boolean {
    return this.#bytes.length > 0;
  }
}
