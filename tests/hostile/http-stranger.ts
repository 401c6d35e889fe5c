/** A stranger at a port that speaks HTTP: writes its pieces, ends as it likes, and is gone. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpScript } from './http-scripts.js';

const PATIENCE_MILLISECONDS = 15;

/** Resolves when the connection is gone. */
export async function playHttp(port: number, { parts, ending }: HttpScript): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  if (ending === 'read nothing') socket.pause();
  else socket.resume();
  for (const part of parts) {
    socket.write(part);
    if (parts.length > 1) await sleep(1);
  }
  if (ending === 'half-close') socket.end();
  else await sleep(PATIENCE_MILLISECONDS);
  if (ending === 'reset') socket.resetAndDestroy();
  // Whoever closed one side is answered, and let go.
  else await Promise.race([gone, sleep(PATIENCE_MILLISECONDS)]);
  socket.destroy();
  await gone;
}
