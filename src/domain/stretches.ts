import type { Instant } from './instant.ts';

/**
 * Stretches of time with a code each, one after the other without a hole: what a report is painted onto before
 * short holes are closed. The arrays are used again for every agent.
 */
export class Stretches {
  readonly starts: Instant[] = [];
  readonly codes: number[] = [];

  reset(): void {
    this.starts.length = 0;
    this.codes.length = 0;
  }

  /** Adds a stretch that begins at `start`; one with the code of the one before only prolongs that. */
  push(start: Instant, code: number): void {
    if (this.codes.length > 0 && this.codes[this.codes.length - 1] === code) return;
    this.starts.push(start);
    this.codes.push(code);
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
