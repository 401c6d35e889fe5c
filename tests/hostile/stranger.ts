/** A stranger with a socket: says its part, listens for a moment, and is gone. */
import { connect, type Socket } from 'node:net';
import type { StrangerScript } from './stranger-scripts.js';

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** So long it waits for an answer before it goes on. */
const PATIENCE_MILLISECONDS = 15;

/** Resolves when the connection is gone. */
export async function playStranger(
  place: Place,
  script: StrangerScript,
  localAddress?: string,
): Promise<void> {
  const socket = connect({ ...place, ...(localAddress === undefined ? {} : { localAddress }) });
  socket.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  for (const bytes of script) {
    if (socket.destroyed) break;
    socket.write(bytes);
    await somethingOrGone(socket);
  }
  socket.destroy();
  await gone;
}

function somethingOrGone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      socket.off('data', end).off('close', end);
      resolve();
    };
    const timer = setTimeout(end, PATIENCE_MILLISECONDS);
    socket.on('data', end).on('close', end);
  });
}
