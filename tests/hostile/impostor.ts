/** A program that holds the secret: it proves itself by the rules, and then says what it likes. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { DialerHandshake } from '../../lib/platform/peer-handshake.js';
import { party } from '../unit/platform/handshakes.js';
import type { Place } from './stranger.js';
import { textFrame, upgradeRequest } from './web-socket-bytes.js';

const HEADERS_END = '\r\n\r\n';

/**
 * The bare connection of a proven link: whatever is written to it arrives as it is.
 * @throws Error where it was not let in
 */
export async function impersonate(place: Place, id: string, to: string): Promise<Socket> {
  const socket = connect(place);
  socket.on('error', () => undefined);
  const texts = new Texts(socket);
  const nonce = randomBytes(32);
  const handshake = new DialerHandshake(party(id, { nonce }), to);
  socket.write(Buffer.concat([upgradeRequest(), textFrame(handshake.opening)]));
  for (;;) {
    const step = await handshake.receive(await texts.next());
    if (step.reply !== undefined) socket.write(textFrame(step.reply));
    if (step.link === undefined) continue;
    texts.end();
    return socket.resume();
  }
}

/** The texts that a server sends behind its answer to the upgrade; all of them are short. */
class Texts {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #upgraded = false;
  #gone = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#take).once('close', this.#close);
  }

  async next(): Promise<string> {
    for (;;) {
      const text = this.#parse();
      if (text !== undefined) return text;
      if (this.#gone) throw new Error('not let in');
      await Promise.race([once(this.#socket, 'data'), once(this.#socket, 'close')]);
    }
  }

  end(): void {
    this.#socket.off('data', this.#take).off('close', this.#close);
  }

  readonly #take = (data: Buffer): void => {
    this.#bytes = Buffer.concat([this.#bytes, data]);
  };

  readonly #close = (): void => {
    this.#gone = true;
  };

  #parse(): string | undefined {
    if (!this.#upgraded) {
      const end = this.#bytes.indexOf(HEADERS_END);
      if (end < 0) return undefined;
      this.#bytes = this.#bytes.subarray(end + HEADERS_END.length);
      this.#upgraded = true;
    }
    const [first, second] = this.#bytes;
    if (first === undefined || second === undefined) return undefined;
    const extended = second === 126;
    if (extended && this.#bytes.length < 4) return undefined;
    const begin = extended ? 4 : 2;
    const length = extended ? this.#bytes.readUInt16BE(2) : second;
    if (this.#bytes.length < begin + length) return undefined;
    const text = this.#bytes.subarray(begin, begin + length).toString();
    this.#bytes = this.#bytes.subarray(begin + length);
    if (first !== 0x81) throw new Error('not let in');
    return text;
  }
}
