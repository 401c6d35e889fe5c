/** How two nodes prove that they hold the cluster's secret; see docs/architecture.md (M4). */
import type { Introduction, LinkRefusal, NodeId } from '../environment/transport.js';
import { chosenVersion, mismatch, type VersionRange } from './peer-protocol.js';
import { PeerRefusal, type PeerRefusalName } from './peer-refusals.js';
import {
  challengeSchema,
  helloSchema,
  introductionSchema,
  refuse,
  Transcript,
  verdictSchema,
  welcomeSchema,
} from './peer-transcript.js';

/**
 * Five texts, each a body and a proof over all bodies so far and the side that says it, so that
 * nothing can be changed, replayed or reflected:
 *
 * 1. The dialer says hello: who it is, whom it wants, which versions it speaks, a nonce.
 * 2. The acceptor answers with its versions and its nonce; its proof shows that it has the secret.
 * 3. The dialer proves the secret, and introduces itself.
 * 4. The acceptor introduces itself too, and says whether it takes the link.
 * 5. The dialer says the same. Only then is the link open, on both sides.
 */
export interface Handshake {
  /** What the side that begins says first. */
  readonly opening: string | undefined;
  /** Who the other side says or should be; proven by nothing yet. */
  readonly claimed: NodeId | undefined;
  /**
   * Takes the next text of the other side.
   * @throws PeerRefusal, or rejects with it, where the other side is not trusted
   */
  receive(text: string): HandshakeStep | Promise<HandshakeStep>;
}

export interface HandshakeStep {
  readonly reply?: string;
  /**
   * The other side has proven itself: what it sends from now on need not be small. Its verdict
   * follows.
   */
  readonly trusted?: boolean;
  /** The connection ends after the reply. */
  readonly refusal?: PeerRefusal;
  /** Set with the last step: both sides are proven, and take the link. */
  readonly link?: ProvenPeer;
}

/** Who the other side is, proven. */
export interface ProvenPeer {
  readonly peer: NodeId;
  readonly introduction: Introduction;
  /** The highest version that both sides speak. */
  readonly version: number;
}

/** This side of a handshake. */
export interface HandshakeParty {
  readonly self: NodeId;
  readonly clusterName: string;
  readonly secret: Uint8Array;
  /** Fresh for each handshake, 32 unpredictable bytes. */
  readonly nonce: Uint8Array;
  readonly versions: VersionRange;
  readonly introduce: () => Introduction;
  readonly judge: (proven: ProvenPeer) => Promise<LinkRefusal | undefined>;
  /** The other side has proven itself, and refuses this one. */
  readonly onRefused: (peer: NodeId, refusal: LinkRefusal) => void;
}

function greetingOf({ versions: { min, max }, nonce }: HandshakeParty) {
  return { versions: [min, max] as const, nonce: Buffer.from(nonce).toString('hex') };
}

const REFUSED: Readonly<Record<LinkRefusal['kind'], PeerRefusalName>> = {
  cluster: 'other_cluster',
  life: 'id_in_use',
  second: 'id_in_use',
};

function refusalOf({ kind, detail }: LinkRefusal): PeerRefusal {
  return new PeerRefusal(REFUSED[kind], detail);
}

/** The side that opened the connection, and knows whom it wants. */
export class DialerHandshake implements Handshake {
  readonly opening: string;
  readonly claimed: NodeId;
  readonly #party: HandshakeParty;
  readonly #transcript: Transcript;
  #version: number | undefined;

  constructor(party: HandshakeParty, peer: NodeId) {
    this.#party = party;
    this.claimed = peer;
    this.#transcript = new Transcript(party.secret);
    const { self: from, clusterName: cluster } = party;
    const hello = { ...greetingOf(party), cluster, from, to: peer };
    this.opening = this.#transcript.say('dialer', hello, false);
  }

  receive(text: string): HandshakeStep | Promise<HandshakeStep> {
    return this.#version === undefined ? this.#prove(text) : this.#decide(text, this.#version);
  }

  #prove(text: string): HandshakeStep {
    const challenge = this.#transcript.hear('acceptor', challengeSchema, text);
    const [min, max] = challenge.versions;
    const ours = this.#party.versions;
    this.#version = chosenVersion(ours, { min, max });
    if (this.#version === undefined) refuse('other_version', mismatch(ours, { min, max }));
    const introduction = this.#party.introduce();
    return { reply: this.#transcript.say('dialer', introduction), trusted: true };
  }

  async #decide(text: string, version: number): Promise<HandshakeStep> {
    const welcome = this.#transcript.hear('acceptor', welcomeSchema, text);
    const { introduction } = welcome;
    if (welcome.refusal !== undefined) {
      this.#party.onRefused(this.claimed, welcome.refusal);
      throw refusalOf(welcome.refusal);
    }
    const link = { peer: this.claimed, introduction, version };
    const refusal = await this.#party.judge(link);
    const reply = this.#transcript.say('dialer', { refusal });
    return refusal === undefined ? { reply, link } : { reply, refusal: refusalOf(refusal) };
  }
}

/** The side that was called. */
export class AcceptorHandshake implements Handshake {
  readonly opening = undefined;
  claimed: NodeId | undefined;
  readonly #party: HandshakeParty;
  readonly #unwanted: (peer: NodeId) => PeerRefusalName | undefined;
  readonly #transcript: Transcript;
  /** Set from the hello on. */
  #hello: { readonly peer: NodeId; readonly version: number | undefined } | undefined;
  /** Set once this side takes the link. */
  #link: ProvenPeer | undefined;

  /** `unwanted`: why this peer is not wanted now, if so; asked at its hello and at its proof. */
  constructor(party: HandshakeParty, unwanted: (peer: NodeId) => PeerRefusalName | undefined) {
    this.#party = party;
    this.#unwanted = unwanted;
    this.#transcript = new Transcript(party.secret);
  }

  receive(text: string): HandshakeStep | Promise<HandshakeStep> {
    if (this.#link !== undefined) return this.#end(text, this.#link);
    if (this.#hello === undefined) return this.#challenge(text);
    return this.#decide(text, this.#hello.peer, this.#hello.version);
  }

  #challenge(text: string): HandshakeStep {
    const { self, clusterName, versions: ours } = this.#party;
    const hello = this.#transcript.hear('dialer', helloSchema, text, false);
    this.claimed = hello.from;
    if (hello.cluster !== clusterName) refuse('other_cluster');
    if (hello.to !== self) refuse('other_node');
    this.#assertWanted(hello.from);
    const [min, max] = hello.versions;
    const version = chosenVersion(ours, { min, max });
    this.#hello = { peer: hello.from, version };
    const reply = this.#transcript.say('acceptor', greetingOf(this.#party));
    if (version !== undefined) return { reply };
    // The dialer learns from the challenge which versions this side speaks.
    return { reply, refusal: new PeerRefusal('other_version', mismatch(ours, { min, max })) };
  }

  async #decide(text: string, peer: NodeId, version: number | undefined): Promise<HandshakeStep> {
    const introduction = this.#transcript.hear('dialer', introductionSchema, text);
    this.#assertWanted(peer);
    if (version === undefined) return refuse('other_version');
    const link = { peer, introduction, version };
    const refusal = await this.#party.judge(link);
    const welcome = { introduction: this.#party.introduce(), refusal };
    const reply = this.#transcript.say('acceptor', welcome);
    if (refusal !== undefined) return { reply, refusal: refusalOf(refusal) };
    this.#link = link;
    return { reply, trusted: true };
  }

  #end(text: string, link: ProvenPeer): HandshakeStep {
    const { refusal } = this.#transcript.hear('dialer', verdictSchema, text);
    if (refusal === undefined) return { link };
    this.#party.onRefused(link.peer, refusal);
    throw refusalOf(refusal);
  }

  #assertWanted(peer: NodeId): void {
    const unwanted = this.#unwanted(peer);
    if (unwanted !== undefined) refuse(unwanted);
  }
}
