import type { Instant } from './instant.ts';
import type { Starts } from './pairing.ts';
import type { Timeline } from './timeline.ts';

/** A timeline's starts sorted by state, then by instant: the pairing looks at each state by itself. */
export class StartIndex {
  #starts = new Float64Array(256);
  #segments = new Int32Array(256);
  #firstOf = new Int32Array(64);
  /** Where the next start of a state is put while they are gathered. */
  #next = new Int32Array(64);

  gather(timeline: Timeline, codes: number): void {
    this.#reserve(timeline.count, codes);
    const next = this.#count(timeline, codes);
    const { starts, codes: codeOf, isStart, count } = timeline;
    for (let segment = 0; segment < count; segment++) {
      if (isStart[segment] !== 1) continue;
      const place = (next[codeOf[segment] as number] as number)++;
      this.#starts[place] = starts[segment] as Instant;
      this.#segments[place] = segment;
    }
  }

  /** The starts of a state; valid until the next `gather`. */
  startsOf(code: number): Starts {
    return {
      instants: this.#starts,
      from: this.#firstOf[code] as number,
      to: this.#firstOf[code + 1] as number,
    };
  }

  /** Notes the partner of the start at a place in `startsOf(…).instants`. */
  pair(timeline: Timeline, place: number, partner: Instant): void {
    timeline.partners[this.#segments[place] as number] = partner;
  }

  /** Counts each state's starts and lays out their places; answers the places to fill next. */
  #count(timeline: Timeline, codes: number): Int32Array {
    const first = this.#firstOf;
    const next = this.#next;
    const { codes: codeOf, isStart, count } = timeline;
    first.fill(0, 0, codes + 1);
    for (let segment = 0; segment < count; segment++) {
      if (isStart[segment] === 1) (first[(codeOf[segment] as number) + 1] as number)++;
    }
    for (let code = 0; code < codes; code++) {
      next[code] = first[code] as number;
      (first[code + 1] as number) += first[code] as number;
    }
    return next;
  }

  #reserve(segments: number, codes: number): void {
    if (this.#starts.length < segments) {
      this.#starts = new Float64Array(segments * 2);
      this.#segments = new Int32Array(segments * 2);
    }
    if (this.#firstOf.length <= codes + 1) {
      this.#firstOf = new Int32Array((codes + 2) * 2);
      this.#next = new Int32Array((codes + 2) * 2);
    }
  }
}
