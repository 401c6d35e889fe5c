/** A task that many wait for: one run is under way, and one waits for all who came since. */
export class JoinedTask {
  readonly #task: () => Promise<void>;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(task: () => Promise<void>) {
    this.#task = task;
  }

  /** Settles as a run does that begins after this call. */
  join(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      const run = this.#task();
      this.#running = run.catch(() => undefined);
      return run;
    });
    return this.#next;
  }
}
