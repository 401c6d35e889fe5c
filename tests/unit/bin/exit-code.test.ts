/** The status of the process for every operating error. */
import t from 'tap';
import { EXIT, exitCodeOf } from '../../../bin/exit-code.js';
import { ERROR_STATUS, type ErrorStatus } from '../../../lib/api/http/error-status.js';
import type { ErrorCode } from '../../../lib/errors.js';
import { ERROR_CODES, OperatingError } from '../../../lib/errors.js';

t.test('every code has a status, and none looks like success', async (t) => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    t.not(exitCodeOf(new OperatingError(code, '')), EXIT.done, code);
  }
});

t.test('what a node refuses for what it is has a row: it is not called unavailable', async (t) => {
  // Of these the same request may be answered otherwise later.
  const later = new Set(['body_timeout', 'too_many_requests']);
  for (const [code, { status }] of Object.entries(ERROR_STATUS) as [ErrorCode, ErrorStatus][]) {
    if (status < 400 || status >= 500 || later.has(code)) continue;
    t.not(exitCodeOf({ code, outcome: 'none' }), EXIT.notAvailable, code);
  }
});

t.test('the outcome decides where the code does not', async (t) => {
  t.equal(exitCodeOf({ code: 'not_found', outcome: 'none' }), 1);
  t.equal(exitCodeOf({ code: 'invalid_level', outcome: 'none' }), 2);
  t.equal(exitCodeOf({ code: 'siblings', outcome: 'none' }), 3);
  t.equal(exitCodeOf({ code: 'precondition_failed', outcome: 'none' }), 4);
  t.equal(exitCodeOf({ code: 'level_not_reached', outcome: 'none' }), 5);
  t.equal(exitCodeOf({ code: 'level_not_reached', outcome: 'unknown' }), 6);
  t.equal(exitCodeOf({ code: 'unauthorized', outcome: 'none' }), 7);
  t.equal(exitCodeOf({ code: 'of a later version', outcome: 'unknown' }), 6);
});
