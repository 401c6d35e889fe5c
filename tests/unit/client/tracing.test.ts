/** Spans, where the application has registered a tracer: with the trace in the request. */
import { context, propagation, type Span, trace, type TracerProvider } from '@opentelemetry/api';
import t from 'tap';
import { QuorateClient } from '../../../lib/client/client.js';
import { answerOf, FakeTransport, problemOf } from './fake-transport.js';

const ENDPOINT = 'http://a:1';

interface Seen {
  readonly name: string;
  readonly attributes: Record<string, unknown>;
  status: unknown;
  ended: boolean;
}

const spans: Seen[] = [];

/** The few methods that the client uses. */
const provider = {
  getTracer: () => ({
    startSpan: (name: string, options: { readonly attributes: Record<string, unknown> }) => {
      const seen: Seen = { name, attributes: { ...options.attributes }, status: {}, ended: false };
      spans.push(seen);
      return {
        setAttribute: (key: string, value: unknown) => {
          seen.attributes[key] = value;
        },
        setAttributes: (all: Record<string, unknown>) => Object.assign(seen.attributes, all),
        setStatus: (status: unknown) => {
          seen.status = status;
        },
        end: () => {
          seen.ended = true;
        },
      } as unknown as Span;
    },
  }),
} as unknown as TracerProvider;

t.test('each request is a span, ended with what came of it', async (t) => {
  trace.setGlobalTracerProvider(provider);
  propagation.setGlobalPropagator({
    inject: (active, carrier) => {
      const isOurs =
        trace.getSpan(active) !== undefined && trace.getSpan(context.active()) === undefined;
      (carrier as Record<string, string>)['traceparent'] = isOurs ? 'the span' : 'another one';
    },
    extract: (active) => active,
    fields: () => ['traceparent'],
  });
  t.teardown(() => {
    trace.disable();
    propagation.disable();
  });
  const transport = new FakeTransport({
    [ENDPOINT]: ({ method }) =>
      method === 'GET'
        ? answerOf(200, { value: 1, version: 'v', context: 'c', written_at: 'w' })
        : problemOf(409, 'context_required', { retryable: false }),
  });
  const client = new QuorateClient({ endpoints: [ENDPOINT], transport, discover: false });
  await client.get('a secret key', { level: 'two' });
  await t.rejects(client.put('k', 1), { code: 'context_required' });
  t.match(spans, [
    {
      name: 'GET /api/v1/kv/{key}',
      ended: true,
      attributes: {
        'db.system.name': 'quorate',
        'http.response.status_code': 200,
        'quorate.level': 'two',
        'quorate.level_achieved': 'quorum',
        'quorate.replicas': '2/3',
        'quorate.attempts': 1,
        'server.address': ENDPOINT,
      },
    },
    { name: 'PUT /api/v1/kv/{key}', ended: true, attributes: { 'http.response.status_code': 409 } },
  ]);
  t.notMatch(JSON.stringify(spans), 'secret', 'names of spans are few');
  t.equal(transport.sent[0]?.headers['traceparent'], 'the span');
});
