/** The promise's outcome, or the signal's reason when that aborts first; the promise goes on for others. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/**
 * Many who wait for the abort of the same few signals. A signal looks through all its listeners for each that is
 * added or removed, so of a run's hundreds only one listens and tells the others.
 */
export class AbortWatch {
  readonly #watched = new WeakMap<
    AbortSignal,
    { readonly told: Set<() => void>; readonly tell: () => void }
  >();

  /** Has `onAbort` called when the signal aborts, unless it leaves before. */
  join(signal: AbortSignal, onAbort: () => void): void {
    const watched = this.#watched.get(signal);
    if (watched !== undefined) {
      watched.told.add(onAbort);
      return;
    }
    const told = new Set([onAbort]);
    const tell = (): void => {
      for (const one of told) one();
    };
    this.#watched.set(signal, { told, tell });
    signal.addEventListener('abort', tell, { once: true });
  }

  leave(signal: AbortSignal, onAbort: () => void): void {
    const watched = this.#watched.get(signal);
    if (watched === undefined || !watched.told.delete(onAbort) || watched.told.size > 0) return;
    signal.removeEventListener('abort', watched.tell);
    this.#watched.delete(signal);
  }
}
