/** What the admin page's server refuses, as `application/problem+json`. */
import type { ServerResponse } from 'node:http';
import { ERROR_STATUS } from '../../lib/api/http/error-status.js';
import { PROBLEM_TYPE, problemBody } from '../../lib/api/http/problem.js';
import type { OperatingError } from '../../lib/errors.js';
import { PAGE_GUARDS } from './page-files.js';

/** Closes the connection: what is left of a body is not read. */
export function sendProblem(response: ServerResponse, error: OperatingError, id: string): void {
  response.writeHead(ERROR_STATUS[error.code].status, {
    'content-type': PROBLEM_TYPE,
    'cache-control': 'no-store',
    ...PAGE_GUARDS,
    connection: 'close',
  });
  response.end(problemLine(error, id));
}

/** With its line end, as all problems of nodes. */
export function problemLine(error: OperatingError, id: string): string {
  return `${JSON.stringify(problemBody(error, id))}\n`;
}
