/** The client for TypeScript programs: what they import. See docs/client.md. */
import { endpointsOf } from './arguments.js';
import { checkOptions, CLIENT_CHECKS } from './check-options.js';
import type { CallOptions, ClientOptions, SessionOptions } from './client-options.js';
import { Connection, type Reply } from './connection.js';
import { KeyValueRequests } from './requests.js';
import { QuorateSession } from './session.js';
import type { HttpRequest } from './transport.js';

export { ArgumentError } from './arguments.js';
export type { BatchOperationRequest } from './batch.js';
export type * from './client-options.js';
export type * from './explanation.js';
export type { Level } from './levels.js';
export {
  type Problem,
  type ProblemCode,
  type ProblemDetails,
  QuorateError,
} from './quorate-error.js';
export type { Shape } from './read-answer.js';
export { KeyValueRequests } from './requests.js';
export type * from './results.js';
export { QuorateSession } from './session.js';
export type { JsonOf, Storable, StorableOf } from './storable.js';
export { FetchTransport, type HttpAnswer, type HttpRequest } from './transport.js';
export type { HttpTransport, Unanswered } from './transport.js';
export type {
  ValueChange,
  SiblingMerge,
  StrongUpdateOptions,
  Updated,
  UpdateOptions,
} from './update.js';
export { type RawJson, rawJson } from './values.js';

export class QuorateClient extends KeyValueRequests {
  readonly #options: ClientOptions;
  readonly #connection: Connection;

  /**
   * @param connection of a client that has one; undefined: its own
   * @throws ArgumentError
   */
  constructor(options: ClientOptions, connection?: Connection) {
    checkOptions(options, CLIENT_CHECKS, 'a QuorateClient');
    super(options.namespace);
    this.#options = options;
    this.#connection = connection ?? new Connection(options, endpointsOf(options.endpoints));
  }

  /** The same cluster; keys are those of the namespace. */
  namespace(namespace: string): QuorateClient {
    return new QuorateClient({ ...this.#options, namespace }, this.#connection);
  }

  /** Requests that share what they have seen, at any level (docs/consistency.md, Sessions). */
  session(options: SessionOptions = {}): QuorateSession {
    return new QuorateSession(this.#options.namespace, this.#connection, options);
  }

  /**
   * Ends what is under way, of its namespaces and sessions too, as a QuorateError `closed`;
   * resolves when all has ended. Further requests end so at once.
   */
  close(): Promise<void> {
    return this.#connection.close();
  }

  protected override send(request: HttpRequest, call: CallOptions): Promise<Reply> {
    return this.#connection.send(request, call);
  }
}
