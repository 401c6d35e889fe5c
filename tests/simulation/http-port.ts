/**
 * The HTTP side of one life of a node: the production API behind the parser of node:http. Only the
 * socket is replaced, by a stream in memory, so that all of it happens within one event.
 */
import { createServer, type Server } from 'node:http';
import { Duplex } from 'node:stream';
import { createApi } from '../../lib/api/api.js';
import type { ApiWorld } from '../../lib/api/api-world.js';

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
/** The parser gets a body in pieces of so many bytes, as from a network. */
const PIECE_BYTES = 16_384;

export class HttpPort {
  readonly #server: Server;
  readonly #open = new Set<MemorySocket>();

  constructor(world: ApiWorld) {
    this.#server = createServer(createApi(world));
  }

  /** Resolves with the answer; never, where the life of the node ends before it. */
  exchange(request: HttpRequest): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const answer = new AnswerReader(request.method === 'HEAD');
      const socket: MemorySocket = new MemorySocket((bytes) => {
        try {
          const whole = answer.take(bytes);
          if (whole === undefined) return;
          this.#open.delete(socket);
          socket.destroy();
          resolve(whole);
        } catch (error) {
          reject(error as Error);
        }
      });
      this.#open.add(socket);
      this.#server.emit('connection', socket);
      const bytes = bytesOf(request);
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        socket.push(bytes.subarray(at, at + PIECE_BYTES));
      }
    });
  }

  /**
   * After the simulation. A parser of node:http is not collected while its socket is open, and
   * holds all of its node: requests that a dead life never answered would keep their worlds.
   */
  release(): void {
    for (const socket of this.#open) socket.destroy();
    this.#open.clear();
  }
}

function bytesOf({ method, path, headers, body }: HttpRequest): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: simulated'];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  const content = Buffer.from(body ?? '', 'utf8');
  if (body !== undefined) lines.push(`Content-Length: ${content.length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}${HEAD_END}`, 'utf8'), content]);
}

/** One side of a connection; what the server writes is taken at once. */
class MemorySocket extends Duplex {
  readonly #take: (bytes: Buffer) => void;

  constructor(take: (bytes: Buffer) => void) {
    super();
    this.#take = take;
  }

  override _read(): void {
    // Everything is pushed as it comes.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#take(chunk);
    done();
  }
}

/** Reads one answer with a `Content-Length`, as the API sends all of them. */
class AnswerReader {
  readonly #headOnly: boolean;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(headOnly: boolean) {
    this.#headOnly = headOnly;
  }

  /** Undefined: there is more to come. */
  take(bytes: Buffer): HttpAnswer | undefined {
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
    const length = this.#headOnly ? 0 : Number(headers.get('content-length') ?? 0);
    const body = this.#bytes.subarray(end + HEAD_END.length);
    if (Number.isNaN(length)) throw new Error(`not an answer: ${first}`);
    if (body.length < length) return undefined;
    return { status: Number(first.split(' ')[1]), headers, body };
  }
}
