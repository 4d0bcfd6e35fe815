import { grown } from './columns.ts';
import type { Instant } from './instant.ts';

/** No partner: the start is unpaired, or no start at all. */
export const UNPAIRED = Number.NaN;

/**
 * What one side says of a range: segments that cover it without a hole, each with a state's code or a code for
 * not knowing. Kept in columns that are used again for every agent, because objects per segment cost more than
 * the comparison itself.
 */
export class Timeline {
  #starts = new Float64Array(256);
  #codes = new Int32Array(256);
  #isStart = new Uint8Array(256);
  #partners = new Float64Array(256);
  /** How many segments there are. */
  count = 0;
  /** Where the last segment ends. */
  end: Instant = 0;

  /** The columns; valid until the next `push`. Segment `i` ends where `i + 1` starts, the last one at `end`. */
  get starts(): Float64Array {
    return this.#starts;
  }
  get codes(): Int32Array {
    return this.#codes;
  }
  /** 1 where the segment begins with a start that can be paired (of the report: an observed one). */
  get isStart(): Uint8Array {
    return this.#isStart;
  }
  /** The instant on the other side that a start is paired with, or `UNPAIRED`. */
  get partners(): Float64Array {
    return this.#partners;
  }

  reset(end: Instant): void {
    this.count = 0;
    this.end = end;
  }

  /**
   * Adds a segment; one that goes on without a start is joined. A segment of no length is replaced, unless it
   * is a start: a change that is known for no longer than its instant has happened all the same.
   */
  push(start: Instant, code: number, isStart: 0 | 1): void {
    let last = this.count - 1;
    if (last >= 0 && this.#starts[last] === start && this.#isStart[last] === 0) last = --this.count - 1;
    if (last >= 0 && this.#codes[last] === code && isStart === 0) return;
    if (this.count === this.#starts.length) this.#grow();
    const at = this.count++;
    this.#starts[at] = start;
    this.#codes[at] = code;
    this.#isStart[at] = isStart;
    this.#partners[at] = UNPAIRED;
  }

  endOf(segment: number): Instant {
    return segment + 1 < this.count ? (this.#starts[segment + 1] as number) : this.end;
  }

  #grow(): void {
    this.#starts = grown(this.#starts);
    this.#codes = grown(this.#codes);
    this.#isStart = grown(this.#isStart);
    this.#partners = grown(this.#partners);
  }
}
