import { grown } from './columns.ts';
import type { Instant } from './instant.ts';

/**
 * Stretches of time with a code each, one after the other without a hole: what a report is painted onto before
 * short holes are closed. The arrays are used again for every agent.
 */
export class Stretches {
  #starts = new Float64Array(256);
  #codes = new Int32Array(256);
  /** How many stretches there are. */
  count = 0;

  /** The columns; valid until the next `push`. A stretch ends where the next one starts. */
  get starts(): Float64Array {
    return this.#starts;
  }
  get codes(): Int32Array {
    return this.#codes;
  }

  reset(): void {
    this.count = 0;
  }

  /** Adds a stretch that begins at `start`; one with the code of the one before only prolongs that. */
  push(start: Instant, code: number): void {
    const at = this.count;
    if (at > 0 && this.#codes[at - 1] === code) return;
    if (at === this.#codes.length) {
      this.#starts = grown(this.#starts);
      this.#codes = grown(this.#codes);
    }
    this.#starts[at] = start;
    this.#codes[at] = code;
    this.count = at + 1;
  }
}

/** Disjoint intervals in time order as two columns. */
export class Spans {
  readonly starts: Instant[] = [];
  readonly ends: Instant[] = [];

  reset(): void {
    this.starts.length = 0;
    this.ends.length = 0;
  }

  /** Adds a span that starts no earlier than the last one; one that touches it is joined. */
  add(start: Instant, end: Instant): void {
    const last = this.ends.length - 1;
    if (last >= 0 && start <= (this.ends[last] as Instant)) {
      if (end > (this.ends[last] as Instant)) this.ends[last] = end;
      return;
    }
    this.starts.push(start);
    this.ends.push(end);
  }
}
