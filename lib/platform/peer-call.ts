/** One call to a peer's listener, until both sides are proven or it failed. */
import type { IncomingMessage } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Cancel } from '../environment/clock.js';
import { assert, messageOf } from '../errors.js';
import type { AwaitedVerdicts } from './awaited-verdicts.js';
import type { GuardedEvents } from './guarded-events.js';
import { PeerGreeting } from './peer-greeting.js';
import type { Handshake, ProvenPeer } from './peer-handshake.js';

export interface PeerCallOptions {
  /** `host:port` */
  readonly address: string;
  readonly handshake: Handshake;
  readonly messageBytesMax: number;
  /** For the connection, and again for the handshake. */
  readonly timeoutMilliseconds: number;
  /** Whoever listens at the address is a stranger, too, until it has proven itself. */
  readonly events: GuardedEvents;
  readonly verdicts: AwaitedVerdicts;
  /** How names become addresses: by the system at each call, where it is undefined. */
  readonly lookup: LookupFunction | undefined;
  /** Somebody is there: the handshake begins. */
  readonly onReached: () => void;
  readonly onProven: (link: ProvenPeer, socket: WebSocket, address: string) => void;
  /** `answered`: somebody was there, and would not have us, or could not prove itself. */
  readonly onFailed: (reason: string, answered: boolean) => void;
}

/** What an error of the network says is short; one of a parser may quote what was sent. */
const REASON_LENGTH_MAX = 200;

/** Calls one of `onProven` and `onFailed`, once and later; neither after it was cancelled. */
export function callPeer(options: PeerCallOptions): Cancel {
  const { address, timeoutMilliseconds, events, verdicts } = options;
  const nothing = (): void => undefined;
  let socket: WebSocket;
  try {
    socket = new WebSocket(`ws://${address}/`, socketOptions(options));
  } catch (error) {
    return events.after(0, nothing, () => {
      options.onFailed(messageOf(error), false);
    });
  }
  let reason = 'closed before the handshake';
  const cut = (): void => {
    socket.terminate();
  };
  const stopListening = events.on(socket, 'close', nothing, () => {
    options.onFailed(reason, false);
  });
  let cancel: Cancel = () => {
    stopListening();
    cut();
  };
  let connection: Socket | undefined;
  events.on(socket, 'error', nothing, (error: Error) => {
    reason = error.message.slice(0, REASON_LENGTH_MAX);
  });
  events.on(socket, 'upgrade', cut, (response: IncomingMessage) => {
    connection = response.socket;
  });
  events.on(socket, 'open', cut, () => {
    assert(connection !== undefined, 'a socket that opened was upgraded');
    const { remoteAddress = '' } = connection;
    stopListening();
    options.onReached();
    const greeting = new PeerGreeting(socket, connection, options.handshake, {
      ...{ events, timeoutMilliseconds, verdicts },
      onProven: (link) => {
        options.onProven(link, socket, remoteAddress);
      },
      onFailed: (refusal) => {
        options.onFailed(refusal, true);
      },
    });
    cancel = () => greeting.cancel();
  });
  return () => {
    cancel();
  };
}

function socketOptions({ messageBytesMax, timeoutMilliseconds, lookup }: PeerCallOptions) {
  return {
    perMessageDeflate: false,
    autoPong: false,
    maxPayload: messageBytesMax,
    handshakeTimeout: timeoutMilliseconds,
    ...(lookup === undefined ? {} : { lookup }),
    // Masks protect proxies from pages in browsers; a mask of zeros spares both sides the work.
    generateMask: (mask: Buffer) => mask.fill(0),
  };
}
