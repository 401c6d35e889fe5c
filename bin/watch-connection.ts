/** Had the connection of a request been made? Before it stands nothing can have been sent. */
import type { ClientRequest } from 'node:http';

/** A connection that is kept may serve many requests: nothing is left on it. */
export function watchConnection(sent: ClientRequest): () => boolean {
  let connected = false;
  sent.once('socket', (socket) => {
    if (!socket.connecting) connected = true;
    else {
      socket.once('connect', () => {
        connected = true;
      });
    }
  });
  return () => connected;
}
