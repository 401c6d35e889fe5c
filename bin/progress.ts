/** What is shown, on standard error, of work that takes long. */
import type { Terminal } from './terminal.js';

const MILLISECONDS = 1000;
/** Where nobody watches, a line now and then is enough. */
const QUIET_MILLISECONDS = 10_000;
const ERASE_LINE = '\r\u001b[K';
const BAR_CHARACTERS = 20;

/** @returns what ends it */
export function showProgress({ err, interactive }: Terminal, line: () => string): () => void {
  const show = (): void => err(interactive ? `${ERASE_LINE}${line()}` : `${line()}\n`);
  const timer = setInterval(show, interactive ? MILLISECONDS : QUIET_MILLISECONDS);
  return () => {
    clearInterval(timer);
    if (interactive) err(ERASE_LINE);
  };
}

/** Of work whose end nobody knows: for how long it has gone on. @returns what ends it */
export function showElapsed(terminal: Terminal, what: string): () => void {
  const began = performance.now();
  return showProgress(terminal, () => {
    const seconds = Math.round((performance.now() - began) / MILLISECONDS);
    return `${what}: ${seconds} s`;
  });
}

/** `[#####---------------]`. @param share done, of 1 */
export function progressBar(share: number): string {
  const done = Math.round(BAR_CHARACTERS * Math.min(1, Math.max(0, share)));
  return `[${'#'.repeat(done)}${'-'.repeat(BAR_CHARACTERS - done)}]`;
}
