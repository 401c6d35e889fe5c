/**
 * What happens to the requests of each connection, in the order in which it happens, and whether
 * that may be: one request at a time, in their order, and each answer to its own request.
 */
import type { Finding } from '../../lib/checkers/history.js';
import type { HttpAnswer } from './http-answers.js';

/** What a request is called by who sent it; its answer is given the same name. */
export const NAME_HEADER = 'x-simulated-request';

/** Numbers say what was before what: much happens at the same moment of virtual time. */
export interface LoggedRequest {
  readonly name: string;
  /** Each time that it was handed to the API. */
  readonly begun: number[];
  /** A version was made of it. */
  readonly made: number[];
  /** Its client had taken the whole answer. */
  answered: number | undefined;
  /** Whose answer that was; undefined: the listener refused it. */
  answerOf: string | undefined;
  isLast: boolean;
}

/** The requests of one connection, as they were sent. */
export type LoggedConnection = LoggedRequest[];

export class ConnectionLog {
  readonly #requests = new Map<string, LoggedRequest>();
  readonly #connections: LoggedConnection[] = [];
  readonly #onTrouble: (message: string) => void;
  #step = 0;

  constructor(onTrouble: (message: string) => void) {
    this.#onTrouble = onTrouble;
  }

  open(): LoggedConnection {
    const connection: LoggedConnection = [];
    this.#connections.push(connection);
    return connection;
  }

  sent(connection: LoggedConnection, name: string): void {
    const request = {
      ...{ name, begun: [], made: [], isLast: false },
      ...{ answered: undefined, answerOf: undefined },
    };
    this.#requests.set(name, request);
    connection.push(request);
  }

  begun(name: string): void {
    this.#requests.get(name)?.begun.push(this.#next());
  }

  made(name: string): void {
    this.#requests.get(name)?.made.push(this.#next());
  }

  /** The next answer of a connection. */
  answered(connection: LoggedConnection, { headers }: HttpAnswer, isLast: boolean): void {
    const request = connection.find(({ answered }) => answered === undefined);
    if (request === undefined) {
      this.#onTrouble('a connection brings more answers than were asked for');
      return;
    }
    request.answered = this.#next();
    request.answerOf = headers.get(NAME_HEADER);
    request.isLast = isLast;
  }

  findings(): Finding[] {
    return this.#connections.flatMap(checkConnection);
  }

  #next(): number {
    this.#step += 1;
    return this.#step;
  }
}

/** What must not be on one connection. */
export function checkConnection(requests: LoggedConnection): Finding[] {
  return requests.flatMap((request, i) => {
    const before = requests[i - 1];
    return [...wrongBy(request), ...(before === undefined ? [] : wrongBehind(before, request))].map(
      (message) => ({ checker: 'connections', key: request.name, message }),
    );
  });
}

function wrongBy({ begun, made, answered, answerOf, name, isLast }: LoggedRequest): string[] {
  const [first = Number.POSITIVE_INFINITY] = begun;
  const isForeign = answerOf !== undefined && answerOf !== name;
  const isEarly = answered !== undefined && answerOf === name && answered < first;
  return [
    ...(begun.length > 1 ? ['was begun twice'] : []),
    ...(made.some((at) => at < first) ? ['took effect before it was begun'] : []),
    ...(isForeign ? [`got the answer to ${answerOf}`] : []),
    ...(isEarly ? ['was answered before it was begun'] : []),
    ...(answered !== undefined && answerOf === undefined && !isLast
      ? ['was refused by the listener, and its connection went on']
      : []),
  ];
}

function wrongBehind(before: LoggedRequest, { begun, answered }: LoggedRequest): string[] {
  const { answered: left = Number.POSITIVE_INFINITY, isLast, name } = before;
  return [
    ...(begun.some((at) => at < left) ? [`was begun before the answer to ${name} had left`] : []),
    ...(isLast && begun.length > 0 ? [`was begun behind ${name}, the last of its connection`] : []),
    ...(isLast && answered !== undefined ? [`was answered behind ${name}, which was last`] : []),
  ];
}
