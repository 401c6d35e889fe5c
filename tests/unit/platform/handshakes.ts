/** Two sides of a handshake without a socket between them. */
import type {
  AcceptorHandshake,
  DialerHandshake,
  HandshakeParty,
  ProvenPeer,
} from '../../../lib/platform/peer-handshake.js';
import { PROTOCOL_VERSIONS } from '../../../lib/platform/peer-protocol.js';

let nonces = 0;

export function party(self: string, changes: Partial<HandshakeParty> = {}): HandshakeParty {
  nonces += 1;
  return {
    self,
    clusterName: 'test',
    secret: new Uint8Array(32).fill(7),
    nonce: new Uint8Array(32).fill(nonces),
    versions: PROTOCOL_VERSIONS,
    introduce: () => ({
      ...{ cluster: 'c', ring: 'r', life: `life of ${self}`, ran: 1, address: `${self}:1` },
    }),
    judge: async () => undefined,
    onRefused: () => undefined,
    ...changes,
  };
}

/** What became of one side. */
export interface End {
  readonly link?: ProvenPeer;
  readonly refused?: string;
}

/** Changes a text on its way. */
export type Tamper = (text: string, index: number) => string;

/** Carries texts to and fro until nobody has anything to say any more. */
export async function shakeHands(
  dialer: DialerHandshake,
  acceptor: AcceptorHandshake,
  tamper: Tamper = (text) => text,
): Promise<{ readonly dialer: End; readonly acceptor: End; readonly texts: readonly string[] }> {
  const ends: Record<'dialer' | 'acceptor', End> = { dialer: {}, acceptor: {} };
  const texts = [dialer.opening];
  for (let turn = 0; turn < texts.length; turn += 1) {
    const name = turn % 2 === 0 ? 'acceptor' : 'dialer';
    const side = name === 'acceptor' ? acceptor : dialer;
    if (ends[name].refused !== undefined) break;
    try {
      const step = await side.receive(tamper(texts[turn] ?? '', turn));
      if (step.reply !== undefined) texts.push(step.reply);
      if (step.refusal !== undefined) ends[name] = { refused: step.refusal.reason };
      if (step.link !== undefined) ends[name] = { link: step.link };
    } catch (error) {
      const { reason, message } = error as Error & { reason?: string };
      ends[name] = { refused: reason ?? message };
    }
  }
  return { ...ends, texts };
}
