/** Requests of namespaces that this node may not know yet: to find one is part of their time. */
import { byDeadline, timeLeft } from '../environment/by-deadline.js';
import type { Clock } from '../environment/clock.js';
import { OperatingError } from '../errors.js';
import type { Namespaces } from './namespaces.js';
import type { LiveNamespace } from './settings-state.js';

export interface NamespaceLookupOptions {
  readonly namespaces: Pick<Namespaces, 'known' | 'find'>;
  readonly clock: Clock;
  readonly timeoutDefaultMilliseconds: number;
}

/** What names a namespace, and the time that it has. */
interface Timed {
  readonly namespace: string;
  readonly timeoutMilliseconds: number | undefined;
}

export class NamespaceLookup {
  readonly #options: NamespaceLookupOptions;

  constructor(options: NamespaceLookupOptions) {
    this.#options = options;
  }

  /**
   * Runs the request: at once where its namespace is known here, else with the time that is left.
   * @throws OperatingError `namespace_not_found`, `namespace_unknown`; `deadline_passed`, where
   * nothing was done yet
   */
  before<Request extends Timed, Answer>(
    request: Request,
    run: (live: LiveNamespace, request: Request) => Answer | Promise<Answer>,
  ): Answer | Promise<Answer> {
    const known = this.#options.namespaces.known(request.namespace);
    return known === undefined ? this.#after(request, run) : run(known, request);
  }

  async #after<Request extends Timed, Answer>(
    request: Request,
    run: (live: LiveNamespace, request: Request) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const { namespaces, clock, timeoutDefaultMilliseconds } = this.#options;
    const { namespace, timeoutMilliseconds = timeoutDefaultMilliseconds } = request;
    const deadline = clock.monotonicMilliseconds() + timeoutMilliseconds;
    const tooLate = () => late(namespace);
    const live = await byDeadline(clock, namespaces.find(namespace), deadline, tooLate);
    const left = timeLeft(clock, deadline, tooLate);
    return run(live, { ...request, timeoutMilliseconds: left });
  }
}

function late(namespace: string): OperatingError {
  const name = namespace.slice(0, 200);
  const message = `the other nodes did not say in time whether there is a namespace "${name}"`;
  return new OperatingError('deadline_passed', message, { details: { namespace: name } });
}
