/** Spans of requests, where the application has OpenTelemetry: found, never required. */
import type { RequestOutcome } from './request-run.js';
import type { HttpRequest } from './transport.js';

/** What is used of `@opentelemetry/api`. */
type Api = typeof import('@opentelemetry/api');

export interface RequestSpan {
  /** Of the trace, to be sent with the request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly end: (outcome: RequestOutcome) => void;
}

const NO_SPAN: RequestSpan = { headers: {}, end: () => undefined };
const NAME = 'quorate';

export class Tracing {
  #api: Promise<Api | undefined> | undefined;

  /** A child of the span that is active where the request was made. */
  async begin(request: HttpRequest): Promise<RequestSpan> {
    this.#api ??= import('@opentelemetry/api').catch(() => undefined);
    const api = await this.#api;
    return api === undefined ? NO_SPAN : spanOf(api, request);
  }
}

function spanOf(
  { context, propagation, SpanKind, SpanStatusCode, trace }: Api,
  request: HttpRequest,
) {
  const { method, path, headers } = request;
  const route = routeOf(path);
  const span = trace.getTracer(NAME).startSpan(`${method} ${route}`, {
    kind: SpanKind.CLIENT,
    attributes: {
      'db.system.name': NAME,
      'db.operation.name': `${method} ${route}`,
      'http.request.method': method,
      ...attribute('quorate.level', headers['x-consistency-level']),
    },
  });
  const carried: Record<string, string> = {};
  propagation.inject(trace.setSpan(context.active(), span), carried);
  const end = ({ answer, endpoint, attempts }: RequestOutcome): void => {
    span.setAttribute('quorate.attempts', attempts);
    if (endpoint !== undefined) span.setAttribute('server.address', endpoint);
    if (answer.status !== undefined) span.setAttribute('http.response.status_code', answer.status);
    if (answer.kind === 'problem') {
      span.setAttributes({ 'error.type': answer.code, 'quorate.outcome': answer.outcome });
      span.setStatus({ code: SpanStatusCode.ERROR, message: answer.detail });
    } else {
      const achieved = answer.header('x-consistency-achieved');
      const replicas = answer.header('x-replicas');
      span.setAttributes({
        ...attribute('quorate.level_achieved', achieved),
        ...attribute('quorate.replicas', replicas),
      });
      const { status } = answer;
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  };
  return { headers: carried, end };
}

function attribute(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

/** Names of spans are few: without keys and parameters. */
function routeOf(path: string): string {
  const [whole = ''] = path.split('?');
  return whole.replace(/(\/(?:kv|locate|copies)\/)[^/]+/, '$1{key}');
}
