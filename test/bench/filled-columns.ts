import type { JudgeInput } from '../../src/domain/judge.ts';
import type { PreparedDays } from './two-pointer-sweep.ts';

const LONGEST = 4_096;
const MARGIN_MS = 300_000;

/** Columns for one day at a time, used again for the next. */
export class FilledColumns {
  readonly day: PreparedDays = { log: columns(), report: columns(), ends: new Float64Array(1) };
  readonly #codes = new Map<string, number>();

  /** Lays a day's rows out for the sweep, as bare as the sweep itself: no checks, no joining of short holes. */
  fill({ window, log, report }: JudgeInput): PreparedDays {
    const start = window.from - MARGIN_MS;
    const end = window.to + MARGIN_MS;
    let logged = 0;
    for (const { at, state } of log) {
      if (at >= end) break;
      if (at <= start) logged = 0;
      put(this.day.log, logged++, at > start ? at : start, this.#codeOf(state));
    }
    let reported = 0;
    let before = -1;
    for (const one of report) {
      const code = this.#codeOf(one.state);
      if (code !== before) put(this.day.report, reported++, one.start, code);
      before = code;
    }
    this.day.log.offsets[1] = logged;
    this.day.report.offsets[1] = reported;
    this.day.ends[0] = end;
    return this.day;
  }

  #codeOf(state: string): number {
    const known = this.#codes.get(state);
    if (known !== undefined) return known;
    this.#codes.set(state, this.#codes.size);
    return this.#codes.size - 1;
  }
}

function columns(): PreparedDays['log'] {
  return { instants: new Float64Array(LONGEST), states: new Int32Array(LONGEST), offsets: new Int32Array(2) };
}

function put({ instants, states }: PreparedDays['log'], at: number, instant: number, code: number): void {
  instants[at] = instant;
  states[at] = code;
}
