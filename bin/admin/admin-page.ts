/** The admin page of a cluster: static files, and the public API of any node that is alive. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { httpGroup } from '../../config/groups/http.js';
import type { Observer } from '../../lib/environment/observer.js';
import { OperatingError } from '../../lib/errors.js';
import { type HttpListener, listenHttp } from '../../lib/platform/http-listener.js';
import { SystemClock } from '../../lib/platform/system-clock.js';
import { SystemRandom } from '../../lib/platform/system-random.js';
import { addressOf, isLoopback } from '../node/node-options.js';
import { PAGE_GUARDS, readPageFiles } from './page-files.js';
import { problemLine, sendProblem } from './send-problem.js';
import { isPassedOn, passOn, type PassOnOptions } from './pass-on.js';
import { type Upstream, Upstreams } from './upstreams.js';

export interface AdminPageOptions {
  /** `host:port` */
  readonly listen: string;
  /** Names under which it is served, besides localhost and IP addresses. */
  readonly hostNames: readonly string[];
  /** Known from the start; further ones are learnt. The first that is alive is asked. */
  readonly nodes: readonly Upstream[];
  readonly version: string;
  /** How the command line is called where this page is looked at. */
  readonly program: string;
  readonly observer: Observer;
  /** Of its built files, where they are elsewhere. */
  readonly folder?: string;
}

export interface AdminPage {
  readonly url: string;
  close(): Promise<void>;
}

const NOT_LOOPBACK =
  'this page can be reached from elsewhere and asks for no credential: it only shows';
const ONLY_READ = new OperatingError('method_not_allowed', 'the page is only read');
const NOTHING_HERE = new OperatingError('not_found', 'there is nothing at this path');
const REQUEST_ID_BYTES = 8;
const LIMITS = {
  ...{ headersMax: 100, headerBytesMax: httpGroup.headerBytesMax.maximum, connectionsMax: 100 },
  pipelinedBytesMax: 1024 * 1024,
  headersTimeoutMilliseconds: 10_000,
  requestTimeoutMilliseconds: 30_000,
  keepAliveTimeoutMilliseconds: 60_000,
  sendTimeoutMilliseconds: 30_000,
  closeTimeoutMilliseconds: 1000,
};

/** @throws OperatingError `not_ready`: the address is taken, or the page was not built */
export async function serveAdminPage(options: AdminPageOptions): Promise<AdminPage> {
  const { listen, hostNames, nodes, observer } = options;
  const files = readPageFiles(options.folder);
  const random = new SystemRandom();
  const requestId = (): string => Buffer.from(random.bytes(REQUEST_ID_BYTES)).toString('hex');
  const address = addressOf(listen);
  const readOnly = isLoopback(address.host) ? undefined : NOT_LOOPBACK;
  const upstreams = new Upstreams(nodes);
  const passing: PassOnOptions = { upstreams, readOnly, requestId };
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    const { url = '', method } = request;
    const [path = ''] = url.split('?', 1);
    const file = files.get(path);
    if (isPassedOn(url)) void passOn(passing, request, response);
    else if (method !== 'GET' && method !== 'HEAD') sendProblem(response, ONLY_READ, requestId());
    else if (file !== undefined) response.writeHead(200, file.headers).end(file.bytes);
    else if (path === '/page.json') tellPage(response, options, passing);
    else sendProblem(response, NOTHING_HERE, requestId());
  };
  const listener: HttpListener = await listenHttp({
    ...{ ...address, ...LIMITS, hostNames, observer, handler },
    isVital: () => false,
    clock: new SystemClock(),
    together: (run) => run(),
    problem: ({ code, detail }) => problemLine(new OperatingError(code, detail), requestId()),
  });
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return {
    url: `http://${host}:${listener.port}/`,
    close: async () => {
      await listener.close();
      upstreams.close();
    },
  };
}

/** What the page asks before anything else. */
function tellPage(
  response: ServerResponse,
  { version, program }: AdminPageOptions,
  { upstreams, readOnly }: PassOnOptions,
): void {
  const readable = readOnly && { read_only: readOnly };
  const body = { version, program, nodes: upstreams.nodes, ...readable };
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  response.writeHead(200, { ...headers, ...PAGE_GUARDS }).end(`${JSON.stringify(body)}\n`);
}
