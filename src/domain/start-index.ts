import type { Instant } from './instant.ts';
import type { Timeline } from './timeline.ts';

/** A timeline's starts sorted by state, then by instant: the pairing looks at each state by itself. */
export class StartIndex {
  #starts = new Float64Array(256);
  #segments = new Int32Array(256);
  #firstOf = new Int32Array(64);
  /** Where the search for the next pair of a state goes on; pairs come in time order. */
  #cursor = new Int32Array(64);

  gather(timeline: Timeline, codes: number): void {
    this.#reserve(timeline.count, codes);
    const next = this.#count(timeline, codes);
    for (let segment = 0; segment < timeline.count; segment++) {
      if (timeline.isStart[segment] !== 1) continue;
      const slot = (next[timeline.codes[segment] as number] as number)++;
      this.#starts[slot] = timeline.starts[segment] as Instant;
      this.#segments[slot] = segment;
    }
    for (let code = 0; code < codes; code++) next[code] = this.#firstOf[code] as number;
  }

  /** Whether the state has any start. */
  has(code: number): boolean {
    return (this.#firstOf[code] as number) < (this.#firstOf[code + 1] as number);
  }

  /** The starts of a state, increasing; valid until the next `gather`. */
  startsOf(code: number): Float64Array {
    return this.#starts.subarray(this.#firstOf[code], this.#firstOf[code + 1]);
  }

  /** Notes the partner of a start. A state's pairs must come in time order. */
  pair(timeline: Timeline, code: number, at: Instant, partner: Instant): void {
    let slot = this.#cursor[code] as number;
    while (this.#starts[slot] !== at) slot++;
    timeline.partners[this.#segments[slot] as number] = partner;
    this.#cursor[code] = slot + 1;
  }

  /** Counts each state's starts and lays out their places; answers the places to fill next. */
  #count(timeline: Timeline, codes: number): Int32Array {
    const first = this.#firstOf;
    first.fill(0, 0, codes + 1);
    for (let segment = 0; segment < timeline.count; segment++) {
      if (timeline.isStart[segment] === 1) (first[(timeline.codes[segment] as number) + 1] as number)++;
    }
    for (let code = 0; code < codes; code++) (first[code + 1] as number) += first[code] as number;
    for (let code = 0; code < codes; code++) this.#cursor[code] = first[code] as number;
    return this.#cursor;
  }

  #reserve(segments: number, codes: number): void {
    if (this.#starts.length < segments) {
      this.#starts = new Float64Array(segments * 2);
      this.#segments = new Int32Array(segments * 2);
    }
    if (this.#firstOf.length <= codes + 1) {
      this.#firstOf = new Int32Array((codes + 2) * 2);
      this.#cursor = new Int32Array((codes + 2) * 2);
    }
  }
}
