/** One call to a peer's listener, until both sides are proven or it failed. */
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Cancel, Clock } from '../environment/clock.js';
import { assert, messageOf } from '../errors.js';
import { greet } from './peer-greeting.js';
import type { Handshake } from './peer-handshake.js';

export interface PeerCallOptions {
  /** `host:port` */
  readonly address: string;
  readonly handshake: Handshake;
  readonly frameBytesMax: number;
  /** For the connection, and again for the handshake. */
  readonly timeoutMilliseconds: number;
  readonly clock: Clock;
  readonly onProven: (socket: WebSocket) => void;
  /** `answered`: somebody was there, and would not have us, or could not prove itself. */
  readonly onFailed: (reason: string, answered: boolean) => void;
}

/** Calls one of `onProven` and `onFailed`, once and later; neither after it was cancelled. */
export function callPeer(options: PeerCallOptions): Cancel {
  const { address, frameBytesMax, timeoutMilliseconds, clock } = options;
  let socket: WebSocket;
  try {
    socket = new WebSocket(`ws://${address}/`, {
      perMessageDeflate: false,
      maxPayload: frameBytesMax,
      handshakeTimeout: timeoutMilliseconds,
      // Masks protect proxies from pages in browsers; a mask of zeros spares both sides the work.
      generateMask: (mask) => mask.fill(0),
    });
  } catch (error) {
    return clock.after(0, () => {
      options.onFailed(messageOf(error), false);
    });
  }
  let reason = 'closed before the handshake';
  const onClose = (): void => {
    options.onFailed(reason, false);
  };
  let cancel: Cancel = () => {
    socket.off('close', onClose).terminate();
  };
  let connection: Socket | undefined;
  socket.on('close', onClose);
  socket.on('error', (error) => {
    reason = error.message;
  });
  socket.on('upgrade', (response) => {
    connection = response.socket;
  });
  socket.on('open', () => {
    assert(connection !== undefined, 'a socket that opened was upgraded');
    socket.off('close', onClose);
    cancel = greet(socket, connection, options.handshake, {
      clock,
      timeoutMilliseconds,
      onProven: () => {
        options.onProven(socket);
      },
      onFailed: (refusal) => {
        options.onFailed(refusal, true);
      },
    });
  });
  return () => {
    cancel();
  };
}
