/** A list of keys over HTTP: what was asked, and the page (docs/http-api.md, Lists). */
import type { ApiWorld } from '../api-world.js';
import { listTargetOf } from './data-target.js';
import type { HttpExchange, HttpExchanges } from './exchange.js';
import { listAnswer } from './list-answer.js';
import { hasBody, refuseBody } from './read-body.js';
import { invalid } from './refusals.js';
import type { HttpReply } from './reply.js';
import { readOptions } from './request-options.js';

/** @throws OperatingError of the request, or of the coordinator */
export async function listKeys(
  exchange: HttpExchange,
  { node, limits }: ApiWorld,
  exchanges: HttpExchanges,
): Promise<HttpReply> {
  const { headers, url } = exchange;
  const target = listTargetOf(url);
  exchanges.rateLimits.take(exchange, exchange.namespace);
  const { level, fallbacks, timeoutMilliseconds } = readOptions(headers, limits);
  if (headers.readRepair !== undefined) throw invalid('x-read-repair', 'a list repairs nothing');
  if (headers.sessionToken !== undefined) {
    throw invalid('x-session-token', 'a list is of no session: it promises no snapshot');
  }
  if (hasBody(headers)) await refuseBody(exchange, 'a list takes no body');
  const request = { ...target, namespace: exchange.namespace, level, fallbacks };
  const list = await node.keyLists.list({
    ...{ ...request, timeoutMilliseconds, explanation: exchange.explanation },
  });
  const values = list.items.flatMap(({ found }) => found?.siblings ?? []);
  const bytes = values.reduce((sum, { value }) => sum + value.length, 0);
  return exchanges.inTurn(exchange, bytes, () => listAnswer(list, target.values));
}
