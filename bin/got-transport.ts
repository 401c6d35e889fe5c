/**
 * How commands reach a node: by got, which tells when a connection was made. So a command knows in
 * more cases that nothing was sent, and its exit status says so.
 */
import { got, RequestError } from 'got';
import { httpGroup } from '../config/groups/http.js';
import {
  type HttpAnswer,
  type HttpRequest,
  NOTHING_SENT,
  type HttpTransport,
  type Unanswered,
} from '../lib/client/transport.js';
import { watchConnection } from './watch-connection.js';

export class GotTransport implements HttpTransport {
  async send(
    endpoint: string,
    { method, path, headers, body }: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpAnswer | Unanswered> {
    let isConnected = (): boolean => false;
    try {
      const request = got(`${endpoint}${path}`, {
        ...{ method, headers, signal, responseType: 'buffer', retry: { limit: 0 } },
        ...(body === undefined ? {} : { body }),
        ...{ followRedirect: false, throwHttpErrors: false, decompress: false },
        // The context of stored bytes is among the headers of an answer, and may be long.
        maxHeaderSize: httpGroup.headerBytesMax.maximum,
      });
      void request.on('request', (sent) => {
        isConnected = watchConnection(sent);
      });
      const response = await request;
      const header = (name: string): string | undefined => {
        const value = response.headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      };
      return { kind: 'http', status: response.statusCode, header, body: response.body };
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      const reason = signal.aborted ? 'AbortError' : error.code;
      return {
        kind: 'unanswered',
        nothingSent: !isConnected() || NOTHING_SENT.has(reason),
        reason,
      };
    }
  }
}
