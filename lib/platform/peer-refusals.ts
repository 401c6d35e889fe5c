/** Why a connection between peers is refused: fixed texts, which name nothing and nobody. */
import { OperatingError } from '../errors.js';

/**
 * What goes to the other side, into the log, and into the label of a metric. Nothing that the other
 * side said is part of it: whoever has proven nothing decides neither the length nor the content.
 */
export const PEER_REFUSALS = {
  not_a_handshake: 'not a handshake',
  other_version: 'another version of the peer protocol',
  other_cluster: 'another cluster',
  id_in_use: 'another node of this id is running',
  other_node: 'another node was called than this one',
  unknown_peer: 'the caller is not in the list of peers',
  both_call: 'both call at once, and the smaller id prevails',
  secret_differs: 'the secret differs',
  early_frame: 'a frame before the proof',
  too_many_bytes: 'too many bytes before a proof',
  no_proof_in_time: 'no proof in time',
  no_room: 'no room for another caller without a proof',
  from_a_page: 'a page in a browser has no business here',
  failed: 'the call failed here: an internal error',
} as const;

export type PeerRefusalName = keyof typeof PEER_REFUSALS;

/** An expected refusal; anything else that is thrown by a handshake counts as `failed`. */
export class PeerRefusal extends OperatingError {
  readonly refusal: PeerRefusalName;
  /** For the log of this side alone: numbers, or what a proven node has said. */
  readonly detail: string | undefined;

  constructor(refusal: PeerRefusalName, detail?: string) {
    super('unauthorized', PEER_REFUSALS[refusal]);
    this.refusal = refusal;
    this.detail = detail;
  }

  /** For the log. */
  get reason(): string {
    return this.detail === undefined ? this.message : `${this.message}: ${this.detail}`;
  }
}

const NAMES = new Map<string, PeerRefusalName>(
  (Object.keys(PEER_REFUSALS) as PeerRefusalName[]).map((name) => [PEER_REFUSALS[name], name]),
);

/** Why the other side closed: as the table has it, else by the code alone. */
export interface Closing {
  readonly reason: string;
  /** Undefined: it gave none of the table. */
  readonly refusal: PeerRefusalName | undefined;
}

export function closingOf(code: number, reason: Buffer): Closing {
  const refusal = NAMES.get(reason.toString());
  return {
    reason: refusal === undefined ? `closed with ${String(code)}` : PEER_REFUSALS[refusal],
    refusal,
  };
}
