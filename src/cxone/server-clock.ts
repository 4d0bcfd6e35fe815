import type { Instant } from '../domain/instant.ts';
import type { VendorClock } from '../domain/vendor-clock.ts';

/** An HTTP date has whole seconds: the server's clock is up to one further. */
const RESOLUTION_MS = 1_000;

/** What the vendor's answers tell of its clock, by their `Date` header. */
export class ServerClock {
  #best: VendorClock | undefined;

  /**
   * Takes in an answer that arrived at `now`, `durationMs` after its request had left. Somewhere between the two the
   * server wrote the date; the quickest answer tells most.
   */
  note(date: string | undefined, durationMs: number, now: Instant): void {
    const uncertaintyMs = (RESOLUTION_MS + durationMs) / 2;
    if (date === undefined || (this.#best?.uncertaintyMs ?? Number.POSITIVE_INFINITY) <= uncertaintyMs)
      return;
    const serverAt = Date.parse(date);
    if (Number.isNaN(serverAt)) return;
    const offsetMs = Math.round(serverAt + RESOLUTION_MS / 2 - (now - durationMs / 2));
    this.#best = { offsetMs, uncertaintyMs };
  }

  /** The best reading so far; `undefined` as long as no answer had a date. */
  reading(): VendorClock | undefined {
    return this.#best;
  }
}
