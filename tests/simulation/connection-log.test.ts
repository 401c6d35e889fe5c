/** What may be on one connection, and what the simulator calls wrong. */
import t from 'tap';
import { checkConnection, type LoggedRequest } from './connection-log.js';

/** By default all in order. */
function request(place: number, changes: Partial<LoggedRequest> = {}): LoggedRequest {
  const at = 10 * place;
  const name = `line ${place}`;
  const order = { begun: [at + 1], made: [at + 2], answered: at + 3 };
  return { name, ...order, answerOf: name, isLast: false, ...changes };
}

const UNANSWERED = { answered: undefined, answerOf: undefined };
const NOT_BEGUN = { begun: [], made: [], ...UNANSWERED };
const REFUSED = { begun: [], made: [], answerOf: undefined, isLast: true };

t.test('good ones', async (t) => {
  const good: Record<string, LoggedRequest[]> = {
    'one after the other': [request(1), request(2), request(3)],
    'the last of a connection, and what was sent behind it': [
      request(1, { isLast: true }),
      request(2, NOT_BEGUN),
    ],
    'cut while one was under way': [request(1), request(2, UNANSWERED), request(3, NOT_BEGUN)],
    'refused by the listener': [request(1), request(2, REFUSED), request(3, NOT_BEGUN)],
    'an effect after the answer, as of a write whose outcome is unknown': [
      request(1, { made: [100] }),
      request(2),
    ],
  };
  for (const [name, requests] of Object.entries(good)) {
    t.strictSame(checkConnection(requests), [], name);
  }
});

t.test('bad ones', async (t) => {
  const bad: Record<string, [LoggedRequest[], RegExp]> = {
    'two at the same time': [[request(1), request(2, { begun: [12] })], /before the answer/],
    'one behind another that is not answered': [[request(1, UNANSWERED), request(2)], /before/],
    'not in order': [
      [request(1, { begun: [21], made: [], answered: 23 }), request(2, { begun: [11] })],
      /before the answer/,
    ],
    'the answer to another': [[request(1, { answerOf: 'line 2' })], /got the answer to line 2/],
    'an answer that comes before': [[request(1, { begun: [15] })], /answered before/],
    'begun twice': [[request(1, { begun: [11, 12] })], /twice/],
    'an effect of what was never begun': [[request(1, { ...REFUSED, made: [12] })], /took effect/],
    'begun behind the last': [[request(1, { isLast: true }), request(2)], /the last/],
    'answered behind the last': [
      [request(1, { isLast: true }), request(2, { ...REFUSED, answered: 30 })],
      /was last/,
    ],
    'refused, and the connection goes on': [[request(1, { ...REFUSED, isLast: false })], /went on/],
  };
  for (const [name, [requests, expected]] of Object.entries(bad)) {
    const [found] = checkConnection(requests);
    t.equal(found?.checker, 'connections', name);
    t.match(
      checkConnection(requests)
        .map(({ message }) => message)
        .join('; '),
      expected,
      name,
    );
  }
});
