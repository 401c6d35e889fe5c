/** The result of a request: there at once where nothing has to be waited for, else later. */
export class Deferred<T> {
  #value:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly error: Error }
    | undefined;
  #settle: (() => void) | undefined;

  resolve(value: T): void {
    this.#value ??= { ok: true, value };
    this.#settle?.();
  }

  reject(error: Error): void {
    this.#value ??= { ok: false, error };
    this.#settle?.();
  }

  /** Called once. Throws, or rejects, with what it was rejected with. */
  take(): T | Promise<T> {
    if (this.#value !== undefined) return this.#read();
    return new Promise((resolve, reject) => {
      this.#settle = () => {
        try {
          resolve(this.#read());
        } catch (error) {
          reject(error as Error);
        }
      };
    });
  }

  #read(): T {
    if (this.#value?.ok === true) return this.#value.value;
    throw this.#value?.error ?? new Error('Invariant broken: it is read when it is there');
  }
}
