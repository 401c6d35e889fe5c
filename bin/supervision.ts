/** What ends a process that serves: signals, a parent that went away, a stop that takes long. */
import { constants } from 'node:os';
import { CRASHED } from './exit-code.js';

/** What a person, an orchestrator, and a terminal that closes send. */
export const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** What a parent sends to a node over its channel: signals are for people. */
export interface StopMessage {
  readonly stop: true;
}

export interface SignalWatchOptions {
  /** From the first request on; undefined: a stop may take as long as it takes. */
  readonly limitMilliseconds: number | undefined;
  /** The last thing that the process does, where it cannot wait: synchronous. */
  readonly endNow: (why: string) => void;
}

export interface SignalWatch {
  /** Aborted by the first request; its reason is a text. */
  readonly signal: AbortSignal;
  /** As a signal does. */
  readonly request: (reason: string) => void;
  /** Listens no more: signals end the process again as they do by themselves. */
  readonly close: () => void;
}

export interface StopRequest {
  /** Aborted by the first request; its reason is a text. */
  readonly signal: AbortSignal;
  /** Resolves with the reason. */
  readonly requested: Promise<string>;
  /** Lets the process end: its channel to the parent is closed. The limit stays. */
  close(): void;
}

/** Ctrl-C reaches a whole group, and npm hands it on besides: one press, two signals. */
const ONE_PRESS_MILLISECONDS = 250;
/** As shells have it for a process that a signal ended. */
const SIGNAL_STATUS = 128;

/**
 * Listens from now on. The first signal asks for a stop. A second one ends the process at once,
 * with 128 and its number as the status; so does a stop that takes longer than the limit, with the
 * status of a crash. A command that starts processes or makes folders listens before it does.
 */
export function watchSignals({ limitMilliseconds, endNow }: SignalWatchOptions): SignalWatch {
  const controller = new AbortController();
  let firstSignal: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const end = (why: string, status: number): void => {
    endNow(why);
    process.exit(status);
  };
  const request = (reason: string): void => {
    if (controller.signal.aborted) return;
    if (limitMilliseconds !== undefined) {
      timer = setTimeout(() => end('the stop took too long', CRASHED), limitMilliseconds).unref();
    }
    controller.abort(reason);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    firstSignal ??= now;
    if (now - firstSignal <= ONE_PRESS_MILLISECONDS) request(signal);
    else end(`a second signal: ${signal}`, SIGNAL_STATUS + constants.signals[signal]);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  const close = (): void => {
    clearTimeout(timer);
    for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
  };
  return { signal: controller.signal, request, close };
}

/** For a process that serves: a message of the parent, or its loss, asks for a stop too. */
export function stopRequest(options: SignalWatchOptions): StopRequest {
  const { signal, request } = watchSignals(options);
  const lost = (): void => request('the parent went away');
  if (process.send !== undefined) {
    process.on('message', ({ stop }: Partial<StopMessage>) => {
      if (stop === true) request('the parent asks');
    });
    process.on('disconnect', lost);
    // It may have gone before anybody listened.
    if (!process.connected) lost();
  }
  return {
    signal,
    requested: aborted(signal).then(() => String(signal.reason)),
    close: () => {
      if (process.connected) process.disconnect();
    },
  };
}

/** Resolves when it is aborted, or at once. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
