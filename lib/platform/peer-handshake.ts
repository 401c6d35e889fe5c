/** How two nodes prove that they hold the cluster's secret; see docs/architecture.md. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { NodeId } from '../environment/transport.js';
import { isNodeId } from '../versioning/writer.js';
import { PeerRefusal, type PeerRefusalName } from './peer-refusals.js';

/**
 * The dialer says hello with its nonce; the acceptor answers with its own nonce and a proof over
 * both; the dialer proves itself; the acceptor welcomes it. A proof names its side, both ids, the
 * cluster and the protocol's version: none can be replayed or reflected.
 */
export interface Handshake {
  /** What the side that begins says first. */
  readonly opening: string | undefined;
  /** Who the other side says or should be; proven by nothing yet. */
  readonly claimed: NodeId | undefined;
  /**
   * Takes the next text of the other side.
   * @throws PeerRefusal where the other side is not trusted
   */
  receive(text: string): HandshakeStep;
}

export interface HandshakeStep {
  readonly reply?: string;
  /** The other side has proven itself: what it sends from now on need not be small. */
  readonly trusted?: boolean;
  /** Set with the last step: both sides are proven. */
  readonly peer?: NodeId;
}

export interface HandshakeIdentity {
  readonly self: NodeId;
  readonly clusterName: string;
  readonly secret: Uint8Array;
  /** Fresh for each handshake, 32 unpredictable bytes. */
  readonly nonce: Uint8Array;
}

/** Raised when frames or messages change so that older nodes cannot read them. */
export const PROTOCOL_VERSION = 4;

/** Longer than any name of a cluster (`node.clusterName`). */
const CLUSTER_LENGTH_MAX = 255;

const hex = z.string().regex(/^[0-9a-f]{64}$/);
/** By the rule of settings and of versions: 1 to 63 bytes of ASCII. */
const nodeId = z.string().refine(isNodeId);
const helloSchema = z.strictObject({
  version: z.int(),
  cluster: z.string().max(CLUSTER_LENGTH_MAX),
  from: nodeId,
  to: nodeId,
  nonce: hex,
});
const challengeSchema = z.strictObject({ nonce: hex, proof: hex });
const proofSchema = z.strictObject({ proof: hex });
const welcomeSchema = z.strictObject({ welcome: z.literal(true) });

type Side = 'dialer' | 'acceptor';

interface Transcript {
  readonly dialer: NodeId;
  readonly acceptor: NodeId;
  readonly dialerNonce: string;
  readonly acceptorNonce: string;
}

function proofOf(side: Side, identity: HandshakeIdentity, transcript: Transcript): Buffer {
  const { dialer, acceptor, dialerNonce, acceptorNonce } = transcript;
  const place = [PROTOCOL_VERSION, identity.clusterName, dialer, acceptor];
  const text = JSON.stringify(['quorate peer', side, ...place, dialerNonce, acceptorNonce]);
  return createHmac('sha256', identity.secret).update(text).digest();
}

function assertProof(proof: string, expected: Buffer): void {
  if (!timingSafeEqual(Buffer.from(proof, 'hex'), expected)) refuse('secret_differs');
}

function refuse(refusal: PeerRefusalName): never {
  throw new PeerRefusal(refusal);
}

function parse<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return refuse('not_a_handshake');
  }
}

function nonceText(identity: HandshakeIdentity): string {
  return Buffer.from(identity.nonce).toString('hex');
}

/** The side that opened the connection, and knows whom it wants. */
export class DialerHandshake implements Handshake {
  readonly opening: string;
  readonly claimed: NodeId;
  readonly #identity: HandshakeIdentity;
  #proved = false;

  constructor(identity: HandshakeIdentity, peer: NodeId) {
    this.#identity = identity;
    this.claimed = peer;
    this.opening = JSON.stringify({
      version: PROTOCOL_VERSION,
      cluster: identity.clusterName,
      from: identity.self,
      to: peer,
      nonce: nonceText(identity),
    });
  }

  receive(text: string): HandshakeStep {
    if (this.#proved) {
      parse(welcomeSchema, text);
      return { peer: this.claimed };
    }
    const challenge = parse(challengeSchema, text);
    const transcript = {
      dialer: this.#identity.self,
      acceptor: this.claimed,
      dialerNonce: nonceText(this.#identity),
      acceptorNonce: challenge.nonce,
    };
    assertProof(challenge.proof, proofOf('acceptor', this.#identity, transcript));
    this.#proved = true;
    const proof = proofOf('dialer', this.#identity, transcript).toString('hex');
    return { reply: JSON.stringify({ proof }), trusted: true };
  }
}

/** The side that was called. */
export class AcceptorHandshake implements Handshake {
  readonly opening = undefined;
  readonly #identity: HandshakeIdentity;
  readonly #refusal: (peer: NodeId) => PeerRefusalName | undefined;
  #transcript: Transcript | undefined;
  claimed: NodeId | undefined;

  /** `refusal`: why this peer is not wanted now, if so; asked at its hello and at its proof. */
  constructor(identity: HandshakeIdentity, refusal: (peer: NodeId) => PeerRefusalName | undefined) {
    this.#identity = identity;
    this.#refusal = refusal;
  }

  receive(text: string): HandshakeStep {
    return this.#transcript === undefined
      ? this.#challenge(parse(helloSchema, text))
      : this.#welcome(parse(proofSchema, text), this.#transcript);
  }

  #challenge(hello: z.infer<typeof helloSchema>): HandshakeStep {
    const { self, clusterName } = this.#identity;
    this.claimed = hello.from;
    if (hello.version !== PROTOCOL_VERSION) refuse('other_version');
    if (hello.cluster !== clusterName) refuse('other_cluster');
    if (hello.to !== self) refuse('other_node');
    this.#assertWanted(hello.from);
    const nonce = nonceText(this.#identity);
    const transcript = {
      dialer: hello.from,
      acceptor: self,
      dialerNonce: hello.nonce,
      acceptorNonce: nonce,
    };
    this.#transcript = transcript;
    const proof = proofOf('acceptor', this.#identity, transcript).toString('hex');
    return { reply: JSON.stringify({ nonce, proof }) };
  }

  #welcome({ proof }: z.infer<typeof proofSchema>, transcript: Transcript): HandshakeStep {
    assertProof(proof, proofOf('dialer', this.#identity, transcript));
    this.#assertWanted(transcript.dialer);
    return { reply: JSON.stringify({ welcome: true }), peer: transcript.dialer };
  }

  #assertWanted(peer: NodeId): void {
    const refusal = this.#refusal(peer);
    if (refusal !== undefined) refuse(refusal);
  }
}
