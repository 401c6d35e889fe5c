/** The nodes behind the admin page: which one is asked, and who of them is alive. */
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { httpGroup } from '../../config/groups/http.js';

export interface Upstream {
  readonly id: string;
  /** `host:port` of its listener for clients. */
  readonly address: string;
}

export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
}

const statusShape = z.looseObject({
  nodes: z.array(
    z.looseObject({
      id: z.string(),
      report: z.looseObject({ client_address: z.string().optional() }).optional(),
    }),
  ),
});

const PROBE_MILLISECONDS = 500;
/** An answer to a probe counts so long. */
const FRESH_MILLISECONDS = 1000;
const LEARN_PAUSE_MILLISECONDS = 5000;
const STATUS_BYTES_MAX = 4 * 1024 * 1024;

/** Asks the first that is alive, in their order; learns of further nodes from those it knows. */
export class Upstreams {
  /**
   * One connection for each request: whatever a node, or somebody who speaks through us, writes on
   * it beyond one answer, nobody else can be given it. A node begins nothing behind a request that
   * closes its connection, so nothing that was hidden behind one is done.
   */
  readonly #agent = new Agent({ keepAlive: false, maxSockets: 64 });
  readonly #nodes = new Map<string, Upstream>();
  readonly #alive = new Map<string, { readonly at: number; readonly alive: Promise<boolean> }>();
  #learntAt = Number.NEGATIVE_INFINITY;

  constructor(known: readonly Upstream[]) {
    for (const { id, address } of known) this.#nodes.set(id, { id, address });
  }

  get nodes(): readonly Upstream[] {
    return [...this.#nodes.values()];
  }

  byId(id: string): Upstream | undefined {
    return this.#nodes.get(id);
  }

  /** Undefined: none answers. */
  async firstAlive(): Promise<Upstream | undefined> {
    const nodes = this.nodes;
    const states = nodes.map((node) => this.#isAlive(node));
    for (const [i, node] of nodes.entries()) {
      if (await states[i]) {
        void this.#learn(node);
        return node;
      }
    }
    return undefined;
  }

  /** @returns the request, to be written to, and its answer */
  open({ address }: Upstream, { method, path, headers }: UpstreamRequest) {
    const { host, port } = hostAndPort(address);
    const sent = httpRequest({
      ...{ agent: this.#agent, host, port, method, path, headers },
      // The context of stored bytes is among the headers of an answer, and may be long.
      maxHeaderSize: httpGroup.headerBytesMax.maximum,
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      sent.once('response', resolve);
      sent.once('error', reject);
      sent.once('close', () => reject(new Error('the connection was closed without an answer')));
    });
    // Who was refused before has nobody to wait for it.
    answered.catch(() => undefined);
    return { sent, answered };
  }

  close(): void {
    this.#agent.destroy();
  }

  #isAlive(node: Upstream): Promise<boolean> {
    const now = performance.now();
    const known = this.#alive.get(node.id);
    if (known !== undefined && now - known.at < FRESH_MILLISECONDS) return known.alive;
    const alive = this.#get(node, '/healthz').then(
      ({ status }) => status === 200,
      () => false,
    );
    this.#alive.set(node.id, { at: now, alive });
    return alive;
  }

  /** Where the nodes of the cluster listen, as they say themselves. Never rejects. */
  async #learn(from: Upstream): Promise<void> {
    const now = performance.now();
    if (now - this.#learntAt < LEARN_PAUSE_MILLISECONDS) return;
    this.#learntAt = now;
    try {
      const { text } = await this.#get(from, '/api/v1/cluster/status', 4 * PROBE_MILLISECONDS);
      for (const { id, report } of statusShape.parse(JSON.parse(text)).nodes) {
        const address = report?.client_address;
        if (address !== undefined) this.#nodes.set(id, { id, address });
      }
    } catch {
      // Those that are known stay known; it is tried again.
    }
  }

  #get(
    node: Upstream,
    path: string,
    timeout = PROBE_MILLISECONDS,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const { sent, answered } = this.open(node, { method: 'GET', path, headers: {} });
    const timer = setTimeout(() => sent.destroy(new Error('no answer in time')), timeout);
    sent.end();
    return answered
      .then(async (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        for await (const chunk of answer) {
          text += String(chunk);
          if (text.length > STATUS_BYTES_MAX) throw new Error('too long an answer');
        }
        return { status: answer.statusCode ?? 0, text };
      })
      .finally(() => clearTimeout(timer));
  }
}

function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(address.slice(colon + 1)) };
}
