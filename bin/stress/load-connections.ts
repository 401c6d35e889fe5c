/** Requests by the thousand, to endpoints that take turns. */
import { LoadEndpoint, type LoadOutcome, type LoadRequest } from './load-endpoint.js';

export interface LoadConnectionsOptions {
  readonly endpoints: readonly string[];
  /** For each endpoint. */
  readonly connections: number;
  readonly timeoutMilliseconds: number;
  /** A connection was refused, and the request goes elsewhere. */
  readonly onRefused: () => void;
}

export class LoadConnections {
  readonly #options: LoadConnectionsOptions;
  readonly #endpoints: readonly LoadEndpoint[];
  /** Each for itself: a put after every second get would always meet the same endpoint. */
  readonly #turns = { GET: 0, PUT: 0, DELETE: 0 };

  constructor(options: LoadConnectionsOptions) {
    this.#options = options;
    this.#endpoints = options.endpoints.map((text) => {
      return new LoadEndpoint(text, options.connections, options.timeoutMilliseconds);
    });
  }

  /** Has no endpoint answered anybody lately? */
  get areAllSilent(): boolean {
    return this.#endpoints.every(({ isSilent }) => isSilent);
  }

  /** Endpoints take turns, with gets and with puts; `done` is called once. */
  send(load: LoadRequest, done: (outcome: LoadOutcome) => void): void {
    this.#sendTo(this.#inTurn(load, this.#endpoints), load, done);
  }

  /** The same for what is not part of the load: endpoints that answer nobody have no turn. */
  ask(load: LoadRequest, done: (outcome: LoadOutcome) => void): void {
    const answering = this.#endpoints.filter(({ isSilent }) => !isSilent);
    const endpoints = answering.length === 0 ? this.#endpoints : answering;
    this.#sendTo(this.#inTurn(load, endpoints), load, done);
  }

  /** What is under way ends at once, and nothing is sent any more. */
  close(): void {
    for (const endpoint of this.#endpoints) endpoint.close();
  }

  /** Whose turn it is, and the others after it. */
  #inTurn({ method }: LoadRequest, endpoints: readonly LoadEndpoint[]): readonly LoadEndpoint[] {
    const turn = (this.#turns[method] + 1) % endpoints.length;
    this.#turns[method] = turn;
    return [...endpoints.slice(turn), ...endpoints.slice(0, turn)];
  }

  #sendTo(
    [endpoint, ...others]: readonly LoadEndpoint[],
    load: LoadRequest,
    done: (outcome: LoadOutcome) => void,
  ): void {
    if (endpoint === undefined) {
      done({ kind: 'refused' });
      return;
    }
    endpoint.send(load, (outcome) => {
      if (outcome.kind !== 'refused') {
        done(outcome);
        return;
      }
      this.#options.onRefused();
      this.#sendTo(others, load, done);
    });
  }
}
