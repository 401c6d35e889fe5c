/** Runs a handshake over a socket that nobody vouches for yet: little time, few bytes. */
import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import type { Cancel, Clock } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';
import { messageOf } from '../errors.js';
import type { Handshake } from './peer-handshake.js';

export interface GreetingOptions {
  readonly clock: Clock;
  readonly timeoutMilliseconds: number;
  /** Both sides are proven; the socket has no listener for messages any more. */
  readonly onProven: (peer: NodeId) => void;
  /** The socket is closed or closing. */
  readonly onFailed: (reason: string) => void;
}

/** Request, headers and the texts of a handshake are well below. */
const GREETING_BYTES_MAX = 16_384;
const CLOSE_REFUSED = 4_401;
/** What a close frame can hold is 123 bytes. */
const REASON_LENGTH_MAX = 100;
/** For the reason to arrive, before the connection is cut. */
const LINGER_MILLISECONDS = 1_000;

/** Calls one of `onProven` and `onFailed`, once; neither after it was cancelled. */
export function greet(
  socket: WebSocket,
  connection: Socket,
  handshake: Handshake,
  options: GreetingOptions,
): Cancel {
  let ended = false;
  const end = (): boolean => {
    const first = !ended;
    ended = true;
    cancelTimer();
    socket.off('message', onMessage).off('close', onClose);
    return first;
  };
  const refuse = (reason: string): void => {
    if (!end()) return;
    socket.close(CLOSE_REFUSED, reason.slice(0, REASON_LENGTH_MAX));
    options.clock.after(LINGER_MILLISECONDS, () => {
      socket.terminate();
    });
    options.onFailed(reason);
  };
  const onClose = (code: number, reason: Buffer): void => {
    const text = reason.length === 0 ? `closed with ${String(code)}` : reason.toString();
    if (end()) options.onFailed(text);
  };
  const onBytes = (): void => {
    if (connection.bytesRead <= GREETING_BYTES_MAX) return;
    refuse('too many bytes before a proof');
    connection.destroy();
  };
  const onMessage = (data: RawData, isBinary: boolean): void => {
    try {
      if (isBinary) throw new Error('a frame before the proof');
      const step = handshake.receive(textOf(data));
      if (step.reply !== undefined) socket.send(step.reply);
      // Its frames may follow its welcome so closely that they are counted before that is read.
      if (step.trusted === true || step.peer !== undefined) connection.off('data', onBytes);
      if (step.peer === undefined || !end()) return;
      options.onProven(step.peer);
    } catch (error) {
      refuse(messageOf(error));
    }
  };
  const cancelTimer = options.clock.after(options.timeoutMilliseconds, () => {
    refuse('no proof in time');
  });
  socket.on('message', onMessage).on('close', onClose);
  // After the listener of `ws`: a proof and the first frame may come in one chunk.
  connection.on('data', onBytes);
  if (handshake.opening !== undefined) socket.send(handshake.opening);
  return () => {
    if (end()) socket.terminate();
  };
}

function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString() : '';
}
