/** Bugs in the listener of clients: order, limits and ends of connections. */
import type { PlantedBug } from './planted-bug.js';

export const CONNECTION_BUGS: readonly PlantedBug[] = [
  {
    rule: 'H',
    name: 'requests of one connection run at the same time',
    file: 'platform/http-connection.js',
    right: 'if (this.#current === undefined)\n            this.#begin(response);',
    wrong: 'if (true)\n            this.#begin(response);',
    checkers: ['connections'],
  },
  {
    rule: 'H',
    name: 'of requests that wait on a connection the last goes first',
    file: 'platform/http-connection.js',
    right: 'const next = this.#waiting.shift();',
    wrong: 'const next = this.#waiting.pop();',
    checkers: ['connections', 'trouble'],
  },
  {
    rule: 'H',
    name: 'a request of a connection gets the answer to the one behind it',
    file: 'platform/http-connection.js',
    right: 'this.#owner.handle(response);',
    wrong:
      'const [behind] = this.#waiting;\n' +
      "        const isCrossed = behind?.req.method === 'GET' && response.req.method === 'GET';\n" +
      '        if (isCrossed) response.req = behind.req;\n' +
      '        this.#owner.handle(response);',
    checkers: ['connections'],
  },
  {
    rule: 'H',
    name: 'the next request of a connection begins before the answer has left',
    file: 'platform/http-connection.js',
    right: "response.on('close', this.#guardedNext);",
    wrong: "response.on('prefinish', this.#guardedNext);",
    checkers: ['connections'],
  },
  {
    rule: 'H',
    name: 'what one read brought behind a refused request has no bound',
    file: 'platform/http-connections.js',
    right: "this.end(connection, 'ahead');\n            return false;",
    wrong: ';',
    test: 'unit/platform/http-farewell.test.js',
  },
  {
    rule: 'H',
    name: 'health is refused beyond the limit of connections',
    file: 'platform/http-listener.js',
    right: "!this.#options.isVital(request.url ?? '')",
    wrong: "(request.url ?? '') !== ''",
    checkers: ['trouble'],
  },
  {
    rule: 'H',
    name: 'one more connection than the limit is served',
    file: 'platform/http-connections.js',
    right: 'this.#all.size - this.#beyond.size >= this.#options.connectionsMax',
    wrong: 'this.#all.size - this.#beyond.size > this.#options.connectionsMax',
    checkers: ['trouble'],
  },
  {
    rule: 'H',
    name: 'a connection is left open at a stop while a request is under way on it',
    file: 'platform/http-listener.js',
    right: 'this.#connections.cutAll();',
    wrong: 'this.#server.closeAllConnections();',
    checkers: ['trouble'],
  },
];
