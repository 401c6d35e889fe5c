/** The texts of a handshake between peers: what each may hold, and how it is proven. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { isNodeId } from '../versioning/writer.js';
import { PeerRefusal, type PeerRefusalName } from './peer-refusals.js';

/** Longer than any name of a cluster (`node.clusterName`), address, or id. */
const TEXT_LENGTH_MAX = 300;
/** Of one body. */
const BODY_LENGTH_MAX = 4_000;

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const shortText = z.string().max(TEXT_LENGTH_MAX);
/** By the rule of settings and of versions: 1 to 63 bytes of ASCII. */
const nodeId = z.string().refine(isNodeId);
const envelope = z.object({ body: z.string().max(BODY_LENGTH_MAX), proof: hex.optional() });
/** Fields that are not known here are proven as well, and ignored: newer nodes may add some. */
const versions = z.tuple([z.int().min(1), z.int().max(Number.MAX_SAFE_INTEGER)]);
export const helloSchema = z.object({
  versions,
  cluster: shortText,
  from: nodeId,
  to: nodeId,
  nonce: hex,
});
export const challengeSchema = z.object({ versions, nonce: hex });
export const introductionSchema = z.object({
  cluster: shortText,
  ring: shortText,
  life: shortText,
  ran: z.number().min(0),
  address: shortText,
});
const refusalSchema = z.object({
  kind: z.enum(['cluster', 'life', 'second']),
  detail: shortText,
});
export const verdictSchema = z.object({ refusal: refusalSchema.optional() });
export const welcomeSchema = verdictSchema.extend({ introduction: introductionSchema });

type Side = 'dialer' | 'acceptor';

/** What was said so far; each text is proven together with all before it. */
export class Transcript {
  readonly #secret: Uint8Array;
  readonly #bodies: string[] = [];

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  /** @returns the text to be sent */
  say(side: Side, content: object, proves = true): string {
    const body = JSON.stringify(content);
    this.#bodies.push(body);
    return JSON.stringify(proves ? { body, proof: this.#proof(side).toString('hex') } : { body });
  }

  /** @throws PeerRefusal where the text is none of this handshake, or the proof is not right */
  hear<T>(side: Side, schema: z.ZodType<T>, text: string, proves = true): T {
    const { body, proof } = parse(envelope, text);
    this.#bodies.push(body);
    if (proves) {
      if (proof === undefined) refuse('not_a_handshake');
      if (!timingSafeEqual(Buffer.from(proof, 'hex'), this.#proof(side))) refuse('secret_differs');
    }
    return parse(schema, body);
  }

  #proof(side: Side): Buffer {
    const text = JSON.stringify(['quorate peer', side, ...this.#bodies]);
    return createHmac('sha256', this.#secret).update(text).digest();
  }
}

export function refuse(refusal: PeerRefusalName, detail?: string): never {
  throw new PeerRefusal(refusal, detail);
}

function parse<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return refuse('not_a_handshake');
  }
}
